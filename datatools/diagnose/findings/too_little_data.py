"""Would more images help?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "too_little_data"
FEW, POINTS, SURE = (
    10,
    0.05,
    0.02,
)  # train images of the smallest class; points that twice as many would add, and at least


def too_little_data(evidence: Evidence) -> Finding:
    """Found where the probe's learning curve still rises (twice the images: 5 points, 2 at least), or a class has hardly any image."""
    train = evidence.rows.loc[evidence.rows["split"] == "train", "label"].dropna().value_counts()
    if train.empty:
        return unjudged(KIND, "train has no label")
    rises = evidence.doubling
    median = float(train.median())
    if median < FEW:
        return _found(Number("train images of the middle class", median, n=int(train.sum())), evidence, 0.15)
    if not rises or rises.get("value") is None or rises.get("low") is None:
        return well(
            KIND,
            f"{median:.0f} train images a class; the learning curve was not measured",
            Number("train images of the middle class", median),
        )
    number = Number(
        "accuracy that twice as many train images would add",
        rises["value"],
        rises["low"],
        rises["high"],
        rises["n"],
        unit="points",
    )
    if rises["value"] < POINTS or rises["low"] < SURE:
        return well(KIND, "more images of the same kind would add little", number)
    return _found(number, evidence, float(rises["value"]))


def _found(number: Number, evidence: Evidence, effect: float) -> Finding:
    views = evidence.setting("finetune.views.count")
    more = (
        (Suggestion("finetune.views.count", 8, "each image is shown in more variants"),)
        if views is not None and views < 8
        else ()
    )
    return Finding(
        KIND,
        True,
        "warning",
        "There are too few train images: the learning curve still rises"
        if "add" in number.name
        else f"There are too few train images: {number.value:.0f} of a class",
        number,
        "What limits the model is the number of labelled images, more than any setting.",
        effect=effect,
        suggests=more,
        text="Label more images, of the classes that are confused first; the curve is in data/diagnose/learning_curve.csv. "
        "It tells of more images of the same kind, and extrapolating it is a guess.",
    )
