"""Did training end before anything had been learned?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.curves import Curve, curves
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.held_out import answers

KIND = "under_fitting"
STILL = 0.01  # share of the loss by which a run that learned nothing moved
FALLING = 0.03  # share of the loss on val that the last epoch still took away
UNKNOWN = 0.9  # accuracy on train below which there was more to learn
USUAL_RATE, USUAL_EPOCHS = 0.001, 8


def under_fitting(evidence: Evidence) -> Finding:
    """Found where no candidate moved, or where the best was still learning when its epochs ended."""
    known = list(curves(evidence))
    train = answers(evidence, ("train",))
    if not known or not len(train):
        return unjudged(KIND, "no learning curve")
    accuracy = float(train.right.mean())
    moved = max(_moved(curve) for curve in known)
    number = Number(
        "change of the loss on val since the start, as a share of it", moved, n=len(answers(evidence, ("val",)))
    )
    if moved < STILL and max(curve.start[0] for curve in known) > 0.05:
        return _still(number, evidence)
    best = min(known, key=lambda curve: float(curve.val_loss.min()))
    if accuracy < UNKNOWN and _falling(best):
        return _unfinished(Number("accuracy on train", accuracy, n=len(train), unit="share"), evidence)
    return well(KIND, "training moved, and had settled when it ended", number)


def _moved(curve: Curve) -> float:
    return float(abs(curve.val_loss[1:] - curve.start[0]).max() / max(curve.start[0], 1e-9))


def _falling(curve: Curve) -> bool:
    last, before = curve.val_loss[-1], curve.val_loss[-2]
    return bool(last == curve.val_loss.min() and before - last > FALLING * before)


def _still(number: Number, evidence: Evidence) -> Finding:
    rate, epochs = evidence.setting("finetune.rate") or 0.0, evidence.setting("finetune.epochs") or 1
    faster = USUAL_RATE if rate < USUAL_RATE else min(3 * rate, 10.0)
    return Finding(
        KIND,
        True,
        "warning",
        "Training moved nothing: the model is where it started",
        number,
        "Rate and number of steps are too small for the network to adapt to these images.",
        effect=0.1,
        suggests=(
            Suggestion("finetune.rate", faster, f"the rate of {rate:g} changes nothing"),
            *_longer(epochs),
        ),
        text="python -m pipelines.find_rate tries rates on this very task.",
    )


def _unfinished(number: Number, evidence: Evidence) -> Finding:
    epochs = evidence.setting("finetune.epochs") or 1
    return Finding(
        KIND,
        True,
        "warning",
        "Training ended while the model was still learning",
        number,
        "The loss on val still fell in the last epoch, and many train images are not known yet.",
        effect=0.05,
        suggests=(Suggestion("finetune.epochs", max(2 * epochs, USUAL_EPOCHS), "the loss on val had not settled"),),
    )


def _longer(epochs: int) -> tuple[Suggestion, ...]:
    if epochs >= USUAL_EPOCHS:
        return ()
    return (Suggestion("finetune.epochs", USUAL_EPOCHS, f"{epochs} passes over the images are few"),)
