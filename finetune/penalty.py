"""Pulls on the weights: towards 0 with L1, towards the pretrained weights with L2-SP. In place, over lists of tensors.

They are decoupled: applied to the weights after the optimizer's step and scaled by the rate of their group, not added to the gradient.
Adam, RMSprop and Lion divide a gradient by its own size, so a pull inside it would be weaker just where gradients are large (Loshchilov
and Hutter, ICLR 2019, section 2), and clipping would cut it together with the loss's gradient. Outside, one strength means the same for
every optimizer, and L1 gives weights that are exactly 0, which its subgradient never does.

Pulls with a rate of 0 change nothing. What a pull leaves depends on each weight alone: its bytes are the same in any grouping.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def soft_threshold(weights: Sequence[Tensor], amount: float) -> None:
    """Move every weight towards 0 by ``amount``, and no further than to 0: the proximal step of L1.

    Parikh and Boyd, "Proximal algorithms", 2014, section 6.5.2: ``sign(w) * max(|w| - amount, 0)``.

    Args:
        weights: of layers; norms and biases, as for weight decay, are better left out.
        amount: learning rate x strength, at least 0.
    """
    if not weights:
        return
    near = torch._foreach_clamp_max(list(weights), amount)
    torch._foreach_clamp_min_(near, -amount)
    torch._foreach_sub_(list(weights), near)


@torch.no_grad()
def towards(weights: Sequence[Tensor], origins: Sequence[Tensor], amount: float) -> None:
    """Move every weight by a share of the way to where it started: L2-SP.

    Li, Grandvalet and Davoine, "Explicit inductive bias for transfer learning with convolutional networks", ICML 2018, section 3, as a
    decoupled step: ``w - amount * (w - origin)``. For pretrained weights; what was drawn at random, such as a head, is decayed towards 0
    instead, as in the paper.

    Args:
        origins: copies of the weights before training, shapes and devices of ``weights``.
        amount: learning rate x strength, at least 0; from 1 on the weights are back at their origins.
    """
    if weights:
        torch._foreach_lerp_(list(weights), list(origins), min(1.0, amount))
