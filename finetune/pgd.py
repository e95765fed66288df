"""Projected gradient descent: the fast gradient sign method again and again, the strongest attack that uses nothing but gradients."""

from torch import Tensor, nn

from finetune.attack import fgsm


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    step: float,
    steps: int,
    *,
    start: Tensor | None = None,
    targeted: bool = False,
) -> Tensor:
    """Return the images after ``steps`` steps, each projected back to within epsilon of the images.

    Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR 2018, section 2.1. The last point is returned,
    whether or not one before it was better.

    Args:
        model: from images to logits, in eval mode; its parameters get no gradient.
        images: float in [0, 1], shape (N, 3, height, width).
        labels: class numbers, shape (N,), or probabilities, shape (N, classes).
        epsilon: largest change of a pixel, in [0, 1].
        step: length of a step, in [0, 1]; 2.5 epsilon / steps lets a pixel cross the whole range.
        steps: how many; 20 is usual for judging a model.
        start: where to begin, such as :func:`finetune.attack.random_start`; the images themselves if None.
        targeted: step towards ``labels`` instead of away from them.

    Returns:
        float in [0, 1], shape of ``images``; see :func:`finetune.attack.project` for the bound.
    """
    point = images if start is None else start
    for _ in range(steps):
        point = fgsm(model, images, labels, epsilon, step=step, start=point, targeted=targeted)
    return point
