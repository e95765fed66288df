"""Images that a model gets wrong although they look the same.

Every function takes images as float in [0, 1], shape (N, 3, height, width), and a model from such images to logits that normalises inside:
epsilon is measured in the pixels of the original. On normalised input an epsilon of .1 would be .036, and the model would look robust.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


def fgsm(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    *,
    start: Tensor | None = None,
    targeted: bool = False,
) -> Tensor:
    """Return the images after one step of the fast gradient sign method.

    Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015, section 4:
    ``x + epsilon * sign(gradient of the loss at x)``, clipped to [0, 1]. An image's result does not depend on the others in the batch
    (as far as the model's arithmetic does not).

    Args:
        model: from images to logits, in eval mode; its parameters get no gradient.
        images: float in [0, 1], shape (N, 3, height, width).
        labels: class numbers, shape (N,), or probabilities, shape (N, classes).
        epsilon: largest change of a pixel, in [0, 1]; 8/255 is usual for photos.
        start: where to step from, within epsilon of ``images`` (FGSM-RS: a random point); the images themselves if None.
        targeted: step towards ``labels`` instead of away from them.

    Returns:
        float in [0, 1], shape of ``images``; no value is further than ``epsilon`` from the image's, rounding included.
    """
    origin = images if start is None else start
    direction = input_gradient(model, origin, labels).sign()
    step = -epsilon if targeted else epsilon
    return project(origin + step * direction, images, epsilon)


def input_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the summed cross-entropy with respect to the images; parameters get none."""
    with torch.enable_grad():
        point = images.detach().clone().requires_grad_(True)
        # A sum, not a mean: an image's gradient must not shrink with the size of its batch.
        loss = functional.cross_entropy(model(point), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, point)
    return gradient


def project(candidates: Tensor, images: Tensor, epsilon: float) -> Tensor:
    """Return the candidates moved into [0, 1] and within ``epsilon`` of the images in every value."""
    exact = images.double()
    near = (
        torch.minimum(torch.maximum(candidates.double(), exact - epsilon), exact + epsilon).clamp(0.0, 1.0).to(images)
    )
    # Going back to fewer digits may cross the bound by half a unit in the last place: one step towards the image mends it.
    return torch.where((near.double() - exact).abs() > epsilon, torch.nextafter(near, images), near)


def levels(adversarial: Tensor, images: Tensor) -> Tensor:
    """Return adversarial images as uint8, each value rounded towards the original, so that the bound also holds for a stored PNG.

    Args:
        adversarial: float in [0, 1], shape (N, 3, height, width).
        images: the originals, uint8, same shape.
    """
    change = adversarial.double() * 255.0 - images.double()
    # A change of 8 levels comes back as 7.9999: a thousandth of a level is forgiven.
    whole = torch.sign(change) * torch.floor(change.abs() + 1e-3)
    return (images.double() + whole).clamp(0, 255).to(torch.uint8)
