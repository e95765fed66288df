"""From an adversarial image in floats to the whole grey levels of a lossless file, without losing what the attack had reached."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from finetune.attack import input_gradient, reached

# Steps of one grey level to mend, at most, and the share of the values that each moves. Moving all values at once goes to and fro
# across what it looks for: with epsilon 2 a level is half of the way there is.
MENDING, MOVED = 50, 0.02


class Rounded(NamedTuple):
    """Adversarial images in whole grey levels.

    Attributes:
        levels: uint8, shape (N, 3, height, width).
        before: whether the attack had reached its aim before rounding, bool, shape (N,).
        after: whether the levels reach it.
    """

    levels: Tensor
    before: Tensor
    after: Tensor


def rounded(
    model: nn.Module, adversarial: Tensor, images: Tensor, labels: Tensor, epsilon: int, *, targeted: bool = False
) -> Rounded:
    """Return the nearest grey levels; where these lose what the attack had reached, levels beside them that keep it.

    To mend, the values with the steepest gradients move by one grey level, within the bound, a few at a time, until it is back.

    Args:
        model: from images in [0, 1] to logits, in eval mode.
        adversarial: what an attack gave, float in [0, 1], shape (N, 3, height, width).
        images: the originals, uint8, same shape.
        labels: class numbers that were stepped away from, or towards, shape (N,).
        epsilon: largest change of a value, in grey levels; holds exactly.
        targeted: as it was in the attack.
    """
    levels = nearest(adversarial, images, epsilon)
    before = _reached(model, adversarial, labels, targeted)
    after = _reached(model, unit(levels), labels, targeted)
    for _ in range(MENDING):
        lost = before & ~after
        if not lost.any():
            break
        levels[lost] = _moved(model, levels[lost], images[lost], labels[lost], epsilon, targeted)
        after[lost] = _reached(model, unit(levels[lost]), labels[lost], targeted)
    return Rounded(levels, before, after)


def nearest(adversarial: Tensor, images: Tensor, epsilon: int) -> Tensor:
    """Return the nearest whole grey levels, uint8, none further than ``epsilon`` levels from the originals."""
    return _within((adversarial.double() * 255.0).round(), images, epsilon)


def unit(levels: Tensor) -> Tensor:
    """Return grey levels as float32 in [0, 1], to the bit as :func:`finetune.preprocessing.to_tensor` does after reading a file."""
    return levels.to(torch.float32).div(255)


def _within(levels: Tensor, images: Tensor, epsilon: int) -> Tensor:
    whole, original = levels.to(torch.int16), images.to(torch.int16)
    near = torch.minimum(torch.maximum(whole, original - epsilon), original + epsilon)
    return near.clamp(0, 255).to(torch.uint8)


def _moved(model: nn.Module, levels: Tensor, images: Tensor, labels: Tensor, epsilon: int, targeted: bool) -> Tensor:
    """Return the levels after a step of one level in those values, among the ones that may move, where the loss changes most."""
    slope = input_gradient(model, unit(levels), labels)
    ways = (-slope if targeted else slope).sign().to(torch.int16)
    whole = _within(levels + ways, images, epsilon)
    gain = (slope.abs() * (whole != levels)).flatten(1)
    steepest = gain.topk(max(1, int(MOVED * gain.shape[1])), dim=1).indices
    return levels.flatten(1).scatter(1, steepest, whole.flatten(1).gather(1, steepest)).reshape(levels.shape)


def _reached(model: nn.Module, images: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    with torch.inference_mode():
        found = reached(model(images), labels, targeted=targeted)
    return found.clone()  # what inference mode made cannot be written to
