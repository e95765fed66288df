"""How does the model stand up to an attack?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "robustness"
LOW = 0.5  # share of the accuracy on clean images
MOST = 16.0  # grey levels; beyond them pictures are no longer what they show


def robustness(evidence: Evidence) -> Finding:
    """Found, as an information, where an attack (PGD) takes more than half of the accuracy of a model that was trained against attacks.

    It takes all of it from every other one, so that there it tells nothing of this project.
    """
    robust = evidence.figure("evaluate", "robust", "test") or {}
    accuracy, clean = robust.get("pgd_accuracy") or {}, (robust.get("clean_accuracy") or {}).get("value")
    if accuracy.get("value") is None or not clean:
        return unjudged(KIND, "the model was not attacked, or has no image right")
    number = Number.of(f"accuracy under PGD of {255 * robust['epsilon']:g} grey levels", accuracy, unit="share")
    if accuracy["value"] >= LOW * clean:
        return well(KIND, "the model keeps most of its accuracy under attack", number)
    trained = evidence.setting("finetune.adversarial.epsilon") or 0.0
    if not trained:
        title = "attacks mislead the model, as any that was not trained against them (finetune.adversarial.epsilon)"
        return well(KIND, title, number)
    return Finding(
        KIND,
        True,
        "info",
        "Small changes that nobody sees mislead the model, though it was trained against them",
        number,
        "Training on attacked images did not teach it to withstand them.",
        suggests=_changes(float(trained), 255 * float(robust["epsilon"])),
        text="Or attack it less: evaluate.robust.epsilon says how far pixels are moved.",
    )


def _changes(trained: float, attacked: float) -> tuple[Suggestion, ...]:
    epsilon = min(max(2 * trained, attacked), MOST)
    if epsilon <= trained:
        return ()
    return (Suggestion("finetune.adversarial.epsilon", epsilon, "harder training; costs accuracy on clean images"),)
