"""Exponential moving average of weights (Polyak and Juditsky, 1992; with the warm-up of TensorFlow's ExponentialMovingAverage).

The average is a dictionary of tensors under the names of what it follows. It has no other state than those and the number of steps, so a
run that is taken up from a checkpoint goes on with the same bits, if the tensors are copied into what :func:`start` returned: in another
layout in memory the same sums may be taken by other instructions.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


def decay_at(step: int, decay: float) -> float:
    """Return the weight of the average's past at a step: ``min(decay, (1 + step) / (10 + step))``.

    Without the warm-up, the average of a short run would be mostly the weights that it began with.

    Args:
        step: steps taken before this update, from 0.
        decay: the largest value, in [0, 1); .999 remembers about 1,000 steps.
    """
    return min(decay, (1 + step) / (10 + step))


def start(values: Mapping[str, Tensor]) -> Tensors:
    """Return the average before the first step: copies in the same layout."""
    return {name: value.detach().clone() for name, value in values.items()}


@torch.no_grad()
def update(average: Tensors, values: Mapping[str, Tensor], decay: float) -> None:
    """Move the average, in place, towards the values by ``1 - decay`` of the way.

    Whole numbers, such as the counter of a BatchNorm layer, are taken over as they are.

    Args:
        values: the weights after a step, under the names of the average; others are passed over.
        decay: what :func:`decay_at` returned.
    """
    real = [name for name, value in average.items() if value.is_floating_point()]
    if real:
        torch._foreach_lerp_([average[name] for name in real], [values[name] for name in real], 1.0 - decay)
    for name in average.keys() - set(real):
        average[name].copy_(values[name])


@torch.no_grad()
def copy(average: Mapping[str, Tensor], values: Tensors) -> None:
    """Copy the average into the values of the same names, in place and in their layout."""
    for name, value in average.items():
        values[name].copy_(value)
