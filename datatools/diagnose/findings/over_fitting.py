"""Does the model know the train images by heart, and others not?"""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings import chance
from datatools.diagnose.findings.curves import curves
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import HELD_OUT, Answers, answers

KIND = "over_fitting"
BY_HEART, GAP = 0.9, 0.12


def over_fitting(evidence: Evidence) -> Finding:
    """Found where the model answers nearly every train image, and far fewer of the others; the gap's interval lies above 12 points.

    Every network that was fine-tuned knows train better. It is a warning only where that cost something: the loss on val rose again, or
    the linear probe does as well on images outside train.
    """
    train, others = answers(evidence, ("train",)), answers(evidence, HELD_OUT)
    if not len(train) or not len(others):
        return unjudged(KIND, "no labelled images outside train")
    known, new = chance.mean(train.right, train.groups), chance.mean(others.right, others.groups)
    gap, error = known.value - new.value, float(np.hypot(known.error, new.error))
    number = Number(
        "accuracy on train beyond that on val and test",
        gap,
        gap - chance.Z * error,
        gap + chance.Z * error,
        new.n,
        unit="points",
    )
    if known.value < BY_HEART or gap - chance.Z * error < GAP:
        return well(KIND, "the model does not know the train images much better than others", number)
    costs = _costs(evidence, others)
    return Finding(
        KIND,
        True,
        "warning" if costs else "info",
        f"The model knows the train images by heart: {known.value:.0%} right there, {new.value:.0%} elsewhere",
        number,
        _means(evidence, costs),
        effect=gap / 4,
        suggests=tuple(_changes(evidence)),
        text="More labelled images of the classes that are confused help most.",
        images=others.worst(),
    )


def _means(evidence: Evidence, costs: str) -> str:
    if costs:
        return f"It has learned these very pictures more than what they have in common.{costs}"
    model = "fine-tuned network" if evidence.tuned else "model with more features than images"
    return f"Every {model} does so in some measure, and nothing shows that it does harm here."


def _costs(evidence: Evidence, others: Answers) -> str:
    """Return what shows that knowing train by heart did harm, as sentences; empty where nothing does, or no fine-tuned network answers."""
    if not evidence.tuned:
        return ""
    rising = [curve.name for curve in curves(evidence) if curve.val_loss[-1] > 1.2 * curve.val_loss[1:].min()]
    told = f" The loss on val rose again while that on train fell ({', '.join(rising)})." if rising else ""
    said = evidence.probe.set_index("image_id")["predicted"].reindex(others.table["image_id"])
    probe = float((said.to_numpy() == others.table["label"].to_numpy()).mean())
    if probe >= float(others.right.mean()):
        told += f" The linear probe, whose network has learned nothing of them, has {probe:.0%} right outside train."
    return told


def _changes(evidence: Evidence) -> list[Suggestion]:
    found: list[Suggestion] = []
    if not evidence.tuned:
        return found
    if (evidence.setting("finetune.dropout") or 0.0) < 0.2:
        found.append(Suggestion("finetune.dropout", 0.3, "the head may not lean on single features"))
    decay = evidence.setting("finetune.weight_decay")
    if decay is not None and decay < 0.1:
        found.append(Suggestion("finetune.weight_decay", 0.2, "weights are pulled towards 0"))
    if (evidence.setting("finetune.views.count") or 8) < 8:
        found.append(Suggestion("finetune.views.count", 8, "each image is shown in more variants"))
    elif evidence.setting("finetune.mixing.probability") == 0:
        found.append(Suggestion("finetune.mixing.probability", 0.5, "mixed images cannot be learned by heart"))
    return found
