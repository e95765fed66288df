"""WiSE-FT: the straight line in weight space from the start to the fine-tuned model (Wortsman et al., "Robust fine-tuning of zero-shot
models", CVPR 2022).

The start is the probe's model: the pretrained network with the probe as its head. On the way between the two there is often a model that
is better than both, and the start itself is on the line.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from finetune.checkpoint import Tensors
from finetune.judge import Judged, Score

ALPHAS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Point:
    """One place on the line: 0 is the start, 1 the fine-tuned model."""

    alpha: float
    judged: Judged


def blend(start: Tensors, tuned: Tensors, alpha: float) -> Tensors:
    """Return (1 - alpha) * start + alpha * tuned; 0 and 1 are the two to the bit.

    BatchNorm's statistics are blended like weights. Integers, such as its counters, are the tuned ones everywhere but at 0.

    Args:
        start: holds all names of ``tuned``.
        alpha: in [0, 1].
    """
    if alpha in {0.0, 1.0}:
        return tuned if alpha else {name: start[name] for name in tuned}
    return {name: _between(start[name], value, alpha) for name, value in tuned.items()}


def path(start: Tensors, tuned: Tensors, judge: Score) -> tuple[Point, ...]:
    """Return the line in steps of a tenth, both ends included."""
    return tuple(Point(alpha, judge(blend(start, tuned, alpha))) for alpha in ALPHAS)


def _between(start: Tensor, tuned: Tensor, alpha: float) -> Tensor:
    return torch.lerp(start, tuned.to(start.device), alpha) if tuned.is_floating_point() else tuned
