"""Images that a model gets wrong although they look the same: one step, and what several steps are made of.

Every function takes images as float in [0, 1], shape (N, 3, height, width), and a model from such images to logits that normalises inside:
epsilon is measured in the pixels of the original. On normalised input an epsilon of .1 would be .036, and the model would look robust.
All of them work on whole batches and on any device, for images that are stored as well as for training on them.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def fgsm(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    *,
    step: float | None = None,
    start: Tensor | None = None,
    targeted: bool = False,
) -> Tensor:
    """Return the images after one step of the fast gradient sign method.

    Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015, section 4:
    ``x + epsilon * sign(gradient of the loss at x)``, clipped to [0, 1]. With a ``start`` from :func:`random_start` and a ``step`` of 1.25
    epsilon it is that of Wong, Rice and Kolter, "Fast is better than free", ICLR 2020, algorithm 3; training on steps of 2 epsilon left
    their model without any robustness (table 1). An image's result does not depend on the others in the batch (as far as the model's
    arithmetic does not).

    Args:
        model: from images to logits, in eval mode; its parameters get no gradient.
        images: float in [0, 1], shape (N, 3, height, width).
        labels: class numbers, shape (N,), or probabilities, shape (N, classes).
        epsilon: largest change of a pixel, in [0, 1]; 8/255 is usual for photos.
        step: length of the step, in [0, 1]; epsilon if None.
        start: where to step from, within epsilon of ``images``; the images themselves if None.
        targeted: step towards ``labels`` instead of away from them.

    Returns:
        float in [0, 1], shape of ``images``; see :func:`project` for the bound.
    """
    origin = images if start is None else start
    direction = input_gradient(model, origin, labels).sign()
    length = epsilon if step is None else step
    return project(origin + (-length if targeted else length) * direction, images, epsilon)


def input_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the summed cross-entropy with respect to the images; parameters get none."""
    with torch.enable_grad():
        point = images.detach().clone().requires_grad_(True)
        # A sum, not a mean: an image's gradient must not shrink with the size of its batch.
        loss = functional.cross_entropy(model(point), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, point)
    return gradient


def project(candidates: Tensor, images: Tensor, epsilon: float) -> Tensor:
    """Return the candidates moved into [0, 1] and within ``epsilon`` of the images in every value, up to the rounding of one addition.

    In float32 that is 6e-8, and with it a step is the same to the bit as that of other libraries; whole grey levels keep the bound
    exactly (:mod:`finetune.rounding`).
    """
    return (images + (candidates - images).clamp(-epsilon, epsilon)).clamp(0.0, 1.0)


def random_start(images: Tensor, epsilon: float, streams: Sequence[np.random.Generator]) -> Tensor:
    """Return a point for each image, every value drawn evenly within ``epsilon`` of the image's, and in [0, 1].

    Args:
        images: float in [0, 1], shape (N, 3, height, width).
        epsilon: in [0, 1].
        streams: one for each image, so that its start does not depend on its batch, nor on the device.
    """
    shape = tuple(images.shape[1:])
    unit = np.stack([stream.random(shape, dtype=np.float32) for stream in streams])
    noise = torch.from_numpy(unit).to(images) * (2 * epsilon) - epsilon
    return project(images + noise, images, epsilon)


def reached(logits: Tensor, labels: Tensor, *, targeted: bool = False) -> Tensor:
    """Return for each image whether an attack has what it wants: any answer but the label, or, targeted, the label itself.

    Args:
        logits: shape (N, classes).
        labels: class numbers, shape (N,).
    """
    answers = logits.argmax(dim=1)
    return answers == labels if targeted else answers != labels
