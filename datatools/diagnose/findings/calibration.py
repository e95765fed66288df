"""Does the model know how sure it may be?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import final, final_split

KIND = "calibration"
FEWEST, POINTS, GRAVE = 30, 0.05, 0.12


def calibration(evidence: Evidence) -> Finding:
    """Found where mean confidence and accuracy on test differ by 5 points or more beyond chance; a warning from 12 points on.

    The difference is the part of the calibration error that no binning biases; the error itself is never 0 on few images.
    """
    judged = final(evidence)
    if len(judged) < FEWEST:
        return unjudged(KIND, f"too few labelled {final_split(evidence)} images")
    excess = judged.confidence - judged.right
    found = chance.mean(excess, judged.groups)
    number = Number("mean confidence beyond accuracy", found.value, found.low, found.high, found.n, unit="points")
    p = min(1.0, 2 * min(chance.above_zero(excess, judged.groups), chance.above_zero(-excess, judged.groups)))
    if abs(found.value) < POINTS:
        return well(KIND, "the model is as sure as it is right", number, p)
    over = found.value > 0
    return Finding(
        KIND,
        True,
        "warning" if abs(found.value) >= GRAVE else "info",
        f"The model is too {'sure' if over else 'unsure'} of its answers, by {100 * abs(found.value):.0f} points",
        number,
        f"Its probabilities are too {'high' if over else 'low'} to be taken at their word; its answers are not touched by that.",
        effect=abs(found.value) / 20,
        p=p,
        passed="confidence and accuracy do not differ beyond chance",
        suggests=_changes(evidence, over),
        text=_temperature(evidence),
        images=judged.only(judged.confidence >= 0.5).worst() if over else (),
    )


def _changes(evidence: Evidence, over: bool) -> tuple[Suggestion, ...]:
    if not evidence.tuned:
        return ()
    loss = evidence.setting("finetune.loss") or {}
    smoothing = loss.get("label_smoothing")
    if over and loss.get("method") == "cross_entropy" and smoothing is not None and smoothing < 0.1:
        return (Suggestion("finetune.loss.label_smoothing", 0.1, "the loss then no longer asks for certainty"),)
    if not over and smoothing:
        return (Suggestion("finetune.loss.label_smoothing", 0.0, "the loss asks for more certainty"),)
    if not over and loss.get("method") == "focal":
        return (Suggestion("finetune.loss", {"method": "cross_entropy"}, "the focal loss makes answers less sure"),)
    return ()


def _temperature(evidence: Evidence) -> str:
    temperature = evidence.figure("evaluate", "temperature")
    if not isinstance(temperature, int | float):
        return "Divide the logits by a temperature fitted on val (docs/evaluate.md)."
    if final_split(evidence) != "test":
        divided = f"divide the logits by {temperature:.2f}, as fitted on val"
        return f"Without training again: {divided}; only labelled test images would say how much that helps."
    before, after = (_value(evidence, name) for name in ("ece", "ece_scaled"))
    if before is None or after is None or after >= before:
        return "A temperature fitted on val does not mend it on test; a larger val would say which one does."
    effect = f"; the calibration error on test goes from {before:.3f} to {after:.3f}"
    return f"Without training again: divide the logits by {temperature:.2f}, as fitted on val{effect}."


def _value(evidence: Evidence, metric: str) -> float | None:
    value = evidence.figure("evaluate", "finetuned", "test", metric, "value")
    return float(value) if isinstance(value, int | float) else None
