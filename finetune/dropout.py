"""Dropout of features (Srivastava et al., "Dropout", JMLR 2014, section 4), with masks from a named stream.

Torch's own layer draws from the global generator, in the order in which threads come by. Here a step draws its mask for the whole batch
first, from ``seeds.generator(seed, "finetune", "dropout", step)``, and each slice of the batch takes its rows.
"""

import numpy as np
import torch
from torch import Tensor

WHAT_FOR = "Share of the features hidden from the head at each step; .2 to .5 where it overfits. 0 hides none."


def mask(random: np.random.Generator, count: int, width: int, rate: float) -> Tensor:
    """Return what features are multiplied by in a step: 0 with probability ``rate``, else ``1 / (1 - rate)``, so that the mean is 1.

    Args:
        random: a stream of the step's own.
        count: images of the step.
        width: features of an image.
        rate: in [0, 1).

    Returns:
        float32 on the CPU, shape (count, width).
    """
    kept = random.random((count, width), dtype=np.float32) >= rate
    return torch.from_numpy(kept).to(torch.float32).div_(1.0 - rate)
