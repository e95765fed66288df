"""How does the model stand up to an attack?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well

KIND = "robustness"
LOW = 0.5  # share of the accuracy on clean images


def robustness(evidence: Evidence) -> Finding:
    """Found, as an information, where an attack (PGD) takes more than half of the accuracy."""
    robust = evidence.figure("evaluate", "robust", "test") or {}
    accuracy, clean = robust.get("pgd_accuracy") or {}, (robust.get("clean_accuracy") or {}).get("value")
    if accuracy.get("value") is None or not clean:
        return unjudged(KIND, "the model was not attacked, or has no image right")
    number = Number.of(f"accuracy under PGD of {255 * robust['epsilon']:g} grey levels", accuracy)
    if accuracy["value"] >= LOW * clean:
        return well(KIND, "the model keeps most of its accuracy under attack", number)
    return Finding(
        KIND,
        True,
        "info",
        "Small changes that nobody sees mislead the model",
        number,
        "That is so for every network that was not trained against attacks; it matters where someone gains by misleading it.",
        suggests=(
            Suggestion(
                "finetune.adversarial.epsilon",
                4.0,
                "training on attacked images; costs clean accuracy and twice the time",
            ),
        ),
    )
