"""Is there anything to transfer?"""

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, unjudged, well
from datatools.diagnose.findings.remedies import sound_weights

KIND = "no_pretraining"


def no_pretraining(evidence: Evidence) -> Finding:
    """Found where the backbone's weights are drawn at random."""
    method = evidence.setting("probe.backbone.weights.method")
    if method is None:
        return unjudged(KIND, "the settings of the probe are not known")
    accuracy = evidence.figure("probe", "image", "val_accuracy") or {}
    number = Number.of("accuracy of the probe on val", accuracy, unit="share")
    if method != "none":
        return well(KIND, "the backbone is pretrained", number)
    return Finding(
        KIND,
        True,
        "warning",
        "The backbone has random weights",
        number,
        "Nothing is transferred: everything has to be learned from these images.",
        effect=0.2,
        suggests=sound_weights(evidence, "weights that were pretrained on photos"),
    )
