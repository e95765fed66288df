"""Is there a class that the model hardly knows?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, Answers, answers

KIND = "weak_class"
FEWEST, POINTS = 5, 0.1


def weak_class(evidence: Evidence) -> Finding:
    """Found, as an information, where a class is recalled worse than the others beyond chance; says what it is taken for."""
    judged = answers(evidence, HELD_OUT)
    counts = judged.table["label"].value_counts()
    names = [str(name) for name in sorted(counts.index[counts >= FEWEST])]
    if len(counts) < 2 or not names:
        return unjudged(KIND, "too few labelled images outside train")
    of = {name: (judged.table["label"] == name).to_numpy() for name in names}
    p = {
        name: chance.below(judged.right[here], judged.right[~here], judged.groups[here], judged.groups[~here])
        for name, here in of.items()
    }
    worst = min(p, key=lambda name: (p[name], float(judged.right[of[name]].mean())))
    inside = judged.only(of[worst])
    value, low, high = chance.share(inside.right, inside.groups)
    number = Number(f"recall of {worst}", value, low, high, len(inside), unit="share")
    chances, gap = min(1.0, p[worst] * len(names)), float(judged.right[~of[worst]].mean()) - value
    if gap < POINTS:
        return well(KIND, "no class is far behind the others", number, chances)
    return Finding(
        KIND,
        True,
        "info",
        f"Class {worst} is recognised worst{_taken(inside)}",
        number,
        f"Its recall is {100 * gap:.0f} points below that of the other classes.",
        effect=gap * len(inside) / len(judged),
        p=chances,
        passed="no class is behind the others beyond chance",
        text=_told(worst, evidence),
        images=inside.worst(),
    )


def _told(name: str, evidence: Evidence) -> str:
    if name not in evidence.classes:
        return f"No train image is labelled {name}, so the model cannot answer it: put some into train, or take the class out."
    return f"More labelled images of {name}, and a look at whether its rule is clear to those who label."


def _taken(inside: Answers) -> str:
    wrong = inside.table.loc[~inside.right, "predicted"].value_counts()
    return f", most often taken for {wrong.index[0]}" if len(wrong) else ""
