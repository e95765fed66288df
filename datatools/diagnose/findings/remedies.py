"""Changes that several checks suggest, each only where the settings take it."""

import re

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Suggestion

PACKAGED = "tf_efficientnet_lite0"  # the network whose weights are installed with the toolkit
# Their stages give feature maps with channels first, as MixStyle wants; transformers give tokens, and the stage would end.
CONVOLUTIONAL = re.compile(r"efficientnet|res(net|next|t)|regnet|mobilenet|densenet|mnasnet|convnext|vgg")


def mixed_styles(evidence: Evidence) -> tuple[Suggestion, ...]:
    """Return MixStyle; nothing for a network that is not known to bear it."""
    if not CONVOLUTIONAL.search(str(evidence.setting("probe.backbone.name") or "").lower()):
        return ()
    return (Suggestion("finetune.mixstyle.probability", 0.5, "the network learns not to rely on tint and contrast"),)


def sound_weights(evidence: Evidence, why: str = "weights that are known to be sound") -> tuple[Suggestion, ...]:
    """Return the weights that are installed with the toolkit; nothing for a network that they do not fit."""
    if evidence.setting("probe.backbone.name") != PACKAGED:
        return ()
    return (Suggestion("probe.backbone.weights", {"method": "package"}, why),)
