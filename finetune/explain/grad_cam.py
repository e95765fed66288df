"""Grad-CAM: which parts of a picture speak for an answer.

Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV 2017, equations 1 and 2: each
channel of the last feature maps is weighted by the mean of the score's gradient over its cells, and what remains positive of the
weighted sum is the heat.
"""

import torch
from torch import Tensor, nn

from finetune.explain.place import Place, recorded


def heat(model: nn.Module, images: Tensor, classes: Tensor, place: Place) -> Tensor:
    """Return the heat of each picture for one class, float of shape (N, side, side), at least 0, in the units of the logits.

    A picture's heat does not depend on the others in the batch, as far as the model's arithmetic does not. It is all 0 where nothing
    speaks for the class.

    Args:
        model: from normalised images to logits, in eval mode; its parameters get no gradient.
        images: normalised, shape (N, 3, size, size).
        classes: class numbers, shape (N,).
        place: from :func:`finetune.explain.place.find`, for this model at this size.
    """
    found: dict[str, Tensor] = {}
    with torch.enable_grad(), recorded(model, [place.module], found):
        logits = model(images.detach().clone().requires_grad_(True))
        # The score before the softmax: after it a certain answer would have no gradient left.
        scores = logits.gather(1, classes[:, None]).sum()
        (slope,) = torch.autograd.grad(scores, found[place.module])
    weights = place.maps(slope).mean(dim=(2, 3), keepdim=True)
    return (weights * place.maps(found[place.module].detach())).sum(dim=1).relu()
