"""Weights that make up for classes of unequal size.

Inverse frequency is the usual choice (King and Zeng, "Logistic regression in rare events data", 2001, section 4.2); a power of it below 1
(Mahajan et al., "Exploring the limits of weakly supervised pretraining", ECCV 2018, take the square root) lets rare
classes gain without their few images ruling the gradient.
"""

import torch
from torch import Tensor


def balanced(targets: Tensor, strength: float) -> Tensor:
    """Return one weight per class: its inverse frequency to the power of ``strength``.

    They are scaled so that the mean weight over the train images is 1, and the learning rate means the same with and without them. At
    strength 1 every class has the same share of the loss; at 0 all weights are 1.

    Args:
        targets: probabilities of the train images, shape (N, classes); a soft label counts for its classes in shares.
        strength: in [0, 1]; .5 is a good first try.

    Returns:
        float32, shape (classes,); 0 for a class that no train image has.
    """
    counts = targets.double().sum(dim=0)
    weights = torch.where(counts > 0, counts.clamp_min(1e-12).pow(-strength), 0.0)
    scale = counts.sum() / (counts * weights).sum()
    return (weights * scale).float()
