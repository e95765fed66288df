"""Are rare classes missed because they are rare?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, answers

KIND = "class_imbalance"
RARE, VERY_RARE = 4.0, 15.0  # times as many images in the largest class of train
FEWEST, POINTS = 10, 0.1


def class_imbalance(evidence: Evidence) -> Finding:
    """Found where rare classes (a quarter of the largest) are recalled worse beyond chance, or are too rare to be judged at all."""
    train = evidence.rows.loc[evidence.rows["split"] == "train", "label"].dropna().value_counts()
    judged = answers(evidence, HELD_OUT)
    if len(train) < 2 or not len(judged):
        return unjudged(KIND, "fewer than two classes" if len(judged) else "no labelled images outside train")
    ratio = float(train.max() / train.min())
    rare = sorted(str(name) for name in train.index[train * RARE <= train.max()])
    if not rare:
        return well(
            KIND,
            "no class is rare",
            Number("images of the largest class by those of the smallest", ratio, n=int(train.sum())),
        )
    here = judged.table["label"].isin(rare).to_numpy()
    if here.sum() < FEWEST:
        number = Number("images of the largest class by those of the smallest", ratio, n=int(train.sum()))
        if ratio < VERY_RARE:
            return well(KIND, "rare classes have too few images in val and test to be judged", number)
        return _found(
            evidence,
            rare,
            number,
            "There are so few images of them that nobody can say whether they are recognised.",
            0.05,
        )
    inside, outside = judged.only(here), judged.only(~here)
    value, low, high = chance.share(inside.right, inside.groups)
    number = Number(f"recall of {_named(rare)}", value, low, high, len(inside), unit="share")
    gap = float(outside.right.mean()) - value if len(outside) else 0.0
    p = chance.below(inside.right, outside.right, inside.groups, outside.groups) if len(outside) else 1.0
    if gap < POINTS:
        return well(KIND, "rare classes are recognised as well as the others", number, p)
    means = f"They are recalled {100 * gap:.0f} points worse than the others: naming a large class pays more."
    return _found(evidence, rare, number, means, gap * len(rare) / len(train), p, inside.worst())


def _found(
    evidence: Evidence,
    rare: list[str],
    number: Number,
    means: str,
    effect: float,
    p: float | None = None,
    images: list[str] | None = None,
) -> Finding:
    return Finding(
        KIND,
        True,
        "warning",
        f"Rare classes are missed: {_named(rare)}" if p is not None else f"Some classes are very rare: {_named(rare)}",
        number,
        means,
        effect=effect,
        p=p,
        passed="rare classes are not recognised worse beyond chance",
        suggests=_changes(evidence),
        text=f"More labelled images of {_named(rare)} help most. Judge by balanced accuracy instead of accuracy.",
        images=images or (),
    )


def _named(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def _changes(evidence: Evidence) -> tuple[Suggestion, ...]:
    weights = evidence.setting("finetune.class_weights") or 0.0
    found = []
    if weights < 1.0:
        found.append(
            Suggestion(
                "finetune.class_weights",
                0.5 if weights < 0.5 else 1.0,
                "a missed image of a rare class then costs more",
            )
        )
    if evidence.setting("augment.balance.strength") == 0.0:
        found.append(Suggestion("augment.balance.strength", 0.5, "more images are derived from rare classes"))
    return tuple(found)
