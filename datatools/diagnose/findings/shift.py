"""Do the test images look like the train images at all?"""

from collections.abc import Sequence

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well
from datatools.diagnose.findings.remedies import mixed_styles

KIND = "shift"
TOLD_APART = 0.65  # area under the ROC curve


def shift(evidence: Evidence) -> Finding:
    """Found where a classifier tells test (or val) from train in the frozen features: the area's interval lies above .65."""
    areas = {name: evidence.figure("probe", "adversarial_validation", name, "auc") for name in ("test", "val")}
    known = {name: area for name, area in areas.items() if area and area.get("value") is not None}
    if not known:
        return unjudged(KIND, "test images were not compared with train images")
    worst = max(known, key=lambda name: (known[name]["low"], name == "test"))
    number = Number(f"area under the ROC curve of {worst} against train", **known[worst])
    if known[worst]["low"] < TOLD_APART:
        return well(KIND, _alike([(area["low"], area["high"]) for area in known.values()]), number)
    return Finding(
        KIND,
        True,
        "warning",
        f"{worst} images do not look like train images",
        number,
        "The score speaks for a change of camera, site or season too, and settings chosen on images like train may be wrong there.",
        effect=0.05 * (known[worst]["value"] - 0.5) / 0.5,
        suggests=mixed_styles(evidence),
        text="If the model will work on images like those of test, keep the split and add such images to train, if only without labels; "
        "if not, choose a split in which both sides look alike (split.strategy).",
    )


def _alike(intervals: Sequence[tuple[float, float]]) -> str:
    """Return what areas say of which none surely lies above the bound; a wide interval is no proof that images look alike."""
    if all(high <= TOLD_APART for _, high in intervals):
        return "images of val and test can hardly be told from train images"
    if any(low > 0.5 for low, _ in intervals):
        return "images of val and test can be told from train images in part at most"
    return "val and test have too few groups to say whether they look like train"
