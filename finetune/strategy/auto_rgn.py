"""Auto-RGN: rates after how much each group wants to change (Lee et al., "Surgical fine-tuning", ICLR 2023, section 5).

A group whose gradient is large beside its weights gets the full rate, the others as much less as theirs is smaller. The numbers are
plain floats, measured on the first batches of an epoch: a run keeps them in its checkpoint, since they cannot be found again later.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def relative_norms(gradients: Sequence[Sequence[Tensor]], weights: Sequence[Sequence[Tensor]]) -> tuple[float, ...]:
    """Return each group's gradient norm divided by its weights' norm, for one batch.

    Args:
        gradients: of the loss, per group.
        weights: as many tensors of the same shapes, per group.

    Returns:
        Numbers of at least 0; infinite for a group whose weights are all 0 while its gradient is not, as in a fresh head.
    """
    return tuple(_ratio(_norm(first), _norm(second)) for first, second in zip(gradients, weights, strict=True))


def factors(batches: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the factor on each group's rate: its mean relative norm over some batches, divided by the largest group's.

    Args:
        batches: what :func:`relative_norms` returned for each batch, shape (batches, groups).

    Returns:
        Numbers in [0, 1], one per group; 1 where the norm is infinite, which does not count as the largest, and all 1 where no group has
        a gradient.
    """
    means = [math.fsum(norms) / len(norms) for norms in zip(*batches, strict=True)]
    largest = max((value for value in means if math.isfinite(value)), default=0.0)
    return tuple(value / largest if math.isfinite(value) and largest > 0.0 else 1.0 for value in means)


def _norm(tensors: Sequence[Tensor]) -> float:
    return math.sqrt(math.fsum(float(value.double().square().sum()) for value in tensors))


def _ratio(gradient: float, weight: float) -> float:
    if gradient == 0.0:
        return 0.0
    return gradient / weight if weight > 0.0 else math.inf
