"""Is the learning rate too high? Then training destroys what was there."""

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.curves import Curve, curves
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "learning_rate"
LOST = 0.15  # accuracy on val that a sound run does not lose
ERRORS = 3.0  # standard errors of an accuracy on val beyond which a loss is no chance


def learning_rate(evidence: Evidence) -> Finding:
    """Found where the loss of a candidate ran away, or where it never came near the accuracy at which it started."""
    known = list(curves(evidence))
    if not known:
        return unjudged(KIND, "no learning curve")
    images = evidence.figure("finetune", "val_images") or 0
    lost = {curve.name: _lost(curve) for curve in known}
    broken = [curve.name for curve in known if _ran_away(curve) or lost[curve.name] > _allowed(curve, images)]
    worst = max(lost, key=lambda name: lost[name])
    number = Number(
        "accuracy on val lost since the start, at the best epoch", max(0.0, lost[worst]), n=images, unit="points"
    )
    if not broken:
        return well(KIND, "the loss did not run away", number)
    rate = evidence.setting("finetune.rate") or 0.0
    lower = min(rate / 10, 0.001) if rate > 0.001 else rate / 3
    return Finding(
        KIND,
        True,
        "warning",
        f"The learning rate is too high; the curve to look at: {', '.join(broken)}",
        number,
        "The steps are so large that they destroy what the pretrained network knew, and training does not find back.",
        effect=0.1,
        suggests=(
            Suggestion("finetune.rate", lower, f"steps at {rate:g} destroy more than they teach"),
            *_clip(evidence),
        ),
        text="python -m pipelines.find_rate tries rates on this very task.",
    )


def _lost(curve: Curve) -> float:
    return curve.start[1] - float(np.nanmax(curve.val_accuracy[1:]))


def _allowed(curve: Curve, images: int) -> float:
    accuracy = min(max(curve.start[1], 0.05), 0.95)
    return max(LOST, ERRORS * float(np.sqrt(accuracy * (1 - accuracy) / max(images, 1))))


def _ran_away(curve: Curve) -> bool:
    losses = curve.trained
    if not np.isfinite(losses).all() or not np.isfinite(curve.val_loss).all():
        return True
    return bool(losses[-1] > 1.5 * losses[0] and losses[-1] > 1.0)


def _clip(evidence: Evidence) -> tuple[Suggestion, ...]:
    if evidence.setting("finetune.clip") != 0:
        return ()
    return (Suggestion("finetune.clip", 1.0, "no single step may be larger"),)
