"""Label smoothing (Szegedy et al., "Rethinking the Inception architecture", CVPR 2016, section 7)."""

from torch import Tensor

WHAT_FOR = "Share of each label spread over all classes; 0 where every label is certain. It keeps the model from overconfidence."


def smooth(targets: Tensor, share: float) -> Tensor:
    """Return ``(1 - share) * targets + share / classes``, shape (N, classes)."""
    return targets * (1.0 - share) + share / targets.shape[1]
