"""Does a network without pretraining do better? Then the pretraining does harm."""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.remedies import sound_weights

KIND = "negative_transfer"


def negative_transfer(evidence: Evidence) -> Finding:
    """Found where the run from scratch beats the delivered model on val beyond chance (McNemar's test of the stage finetune)."""
    lead = evidence.figure("finetune", "scratch", "lead")
    difference = (lead or {}).get("difference") or {}
    if difference.get("value") is None:
        return unjudged(KIND, "no run without pretraining was made; finetune.scratch: true makes one")
    number = Number("accuracy of the run without pretraining beyond the delivered model's", **difference, unit="points")
    title = "pretraining does no harm: a network that began without it is not better"
    if difference["value"] <= 0:
        return well(KIND, title, number, p=1.0)
    return Finding(
        KIND,
        True,
        "warning",
        "Negative transfer: the same network without pretraining does better",
        number,
        "What the weights learned before stands in the way of these images.",
        effect=float(difference["value"]),
        p=float(lead["p_value"]),
        passed=title,
        suggests=(
            Suggestion("finetune.strategy", {"method": "full"}, "every layer may leave what it learned before"),
            *sound_weights(evidence),
        ),
        text="Better still: weights pretrained on pictures like yours (probe.backbone).",
    )
