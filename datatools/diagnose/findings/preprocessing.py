"""Does the network get what it was trained on?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from datatools.diagnose.evidence import Evidence
from datatools.diagnose.findings.finding import Finding, Number, Suggestion, unjudged, well
from datatools.diagnose.findings.remedies import sound_weights

KIND = "wrong_preprocessing"
OFF = 0.1  # deviations by which the mean, and the share by which the deviation, may be off
DEAD = 1e-3  # spread of the features' norms, by their mean, below which the network answers the same to everything


def wrong_preprocessing(evidence: Evidence) -> Finding:
    """Found where mean and deviation are not what the library says of this network, or where its features are all alike."""
    dead = _dead(evidence)
    if dead:
        return dead
    own = evidence.own_preprocessing
    if not own or not evidence.preprocessing:
        return unjudged(KIND, "nothing is known about what the weights were trained with")
    off = _off(evidence.preprocessing, own)
    number = Number("how far mean or deviation are off, in deviations", off, n=3)
    if off <= OFF:
        return well(KIND, "the network gets what its weights were trained with", number)
    weights = "probe.backbone.weights"
    changes = [
        Suggestion(
            f"{weights}.{name}", list(own[name]), f"what {evidence.setting('probe.backbone.name')} was trained with"
        )
        for name in ("mean", "std")
        if evidence.setting(f"{weights}.{name}") is not None
    ]
    return Finding(
        KIND,
        True,
        "error",
        "Mean and deviation are not those that the network was trained with",
        number,
        "The network sees every image in wrong colours or contrast, and its features are worse without a word.",
        effect=0.1,
        suggests=changes,
        text=f"Used: mean {_spelled(evidence.preprocessing['mean'])}, deviation {_spelled(evidence.preprocessing['std'])}; "
        f"the library says mean {_spelled(own['mean'])}, deviation {_spelled(own['std'])}. "
        "If whoever trained these weights says otherwise, this finding does not hold.",
    )


def _off(used: Mapping[str, Any], own: Mapping[str, Any]) -> float:
    mean, std = (np.asarray(used[name], dtype=np.float64) for name in ("mean", "std"))
    own_mean, own_std = (np.asarray(own[name], dtype=np.float64) for name in ("mean", "std"))
    return float(max(np.abs((mean - own_mean) / own_std).max(), np.abs(std / own_std - 1).max()))


def _dead(evidence: Evidence) -> Finding | None:
    if "feature_norm" not in evidence.predictions:
        return None
    norms = evidence.predictions["feature_norm"].to_numpy(dtype=np.float64)
    spread = float(norms.std() / norms.mean()) if len(norms) > 1 and norms.mean() > 0 else 0.0
    if len(norms) < 2 or spread >= DEAD:
        return None
    return Finding(
        KIND,
        True,
        "error",
        "The network answers the same to every image",
        Number("spread of the features' norms, by their mean", spread, n=len(norms)),
        "Its weights are damaged, or the images reach it as nearly constant values.",
        effect=0.5,
        suggests=sound_weights(evidence),
        text="Compare the file's SHA-256 with what its source says, and the mean and deviation with its card.",
    )


def _spelled(values: Any) -> str:
    return ", ".join(f"{float(value):.3g}" for value in values)
