"""Does the model fail in one of the domains?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, answers
from datatools.diagnose.findings.remedies import mixed_styles

KIND = "domain_gap"
ADAPTS = ("fda", "histogram_match", "reinhard", "whitening")  # methods that take the look of augment.target_domain
FEWEST, POINTS = 5, 0.07


def domain_gap(evidence: Evidence) -> Finding:
    """Found where the accuracy on val and test of the worst domain is at least 7 points, and beyond chance, below that of the rest."""
    judged = answers(evidence, HELD_OUT)
    counts = judged.table["domain"].value_counts()
    names = [str(name) for name in sorted(counts.index[counts >= FEWEST])]
    if len(counts) < 2 or not names:
        return unjudged(KIND, "val and test hold one domain only")
    tried = {name: (judged.table["domain"] == name).to_numpy() for name in names}
    p = {
        name: chance.below(judged.right[here], judged.right[~here], judged.groups[here], judged.groups[~here])
        for name, here in tried.items()
    }
    worst = min(p, key=lambda name: (p[name], judged.right[tried[name]].mean()))
    inside, outside = judged.only(tried[worst]), judged.only(~tried[worst])
    value, low, high = chance.share(inside.right, inside.groups)
    number = Number(f"accuracy in domain {worst}", value, low, high, len(inside), unit="share")
    gap = float(outside.right.mean()) - value
    chances = min(1.0, p[worst] * len(names))
    if gap < POINTS:
        return well(KIND, "no domain is far behind the others", number, chances)
    return Finding(
        KIND,
        True,
        "warning",
        f"Domain {worst} is {100 * gap:.0f} points behind the others",
        number,
        f"What the model learned carries over badly to {worst}: those images look different, or are harder.",
        effect=gap * len(inside) / len(judged),
        p=chances,
        passed="no domain is behind the others beyond chance",
        suggests=(
            *_adapted(worst, evidence),
            *mixed_styles(evidence),
        ),
        text=f"Labelled train images from {worst} help most.",
        images=inside.worst(),
    )


def _adapted(domain: str, evidence: Evidence) -> tuple[Suggestion, ...]:
    """Return how train images take on the look of a domain: its look is that of train and unlabelled images, never of test."""
    rows = evidence.rows
    known = (rows["domain"] == domain) & ((rows["split"] == "train") | rows["label"].isna())
    parents = rows["label"].notna() & (rows["split"] == "train") & (rows["domain"] != domain)
    methods = evidence.setting("augment.methods")
    if not known.any() or not parents.any() or methods is None:
        return ()
    target = Suggestion("augment.target_domain", domain, "derived train images take on the look of that domain")
    if any(method.get("method") in ADAPTS for method in methods):
        return (target,)
    return (target, Suggestion("augment.methods", [*methods, {"method": "fda"}], "it takes on the look of a domain"))
