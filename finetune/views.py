"""Views of a train image: a few fixed variants, drawn once by name, between which the epochs alternate.

Because the set is finite, what the frozen layers make of each view is computed once and kept. Alternating instead of drawing a flip anew
shows every image both ways in any two epochs (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.6). A view
moves pixels and changes none, so it is exact in uint8 and the same on every device.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from datatools import seeds
from datatools.settings import Settings

Moves = NDArray[np.int64]


class Views(Settings):
    """Which variants of a train image are shown."""

    count: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Variants per train image, the image itself included; each costs one pass of the frozen layers.",
    )
    flip: bool = Field(
        default=True, description="Mirror every second variant; false where left and right mean something."
    )
    shift: float = Field(
        default=0.0,
        ge=0.0,
        le=0.25,
        description="Largest shift of a variant as a share of the side; helps where objects lie off centre.",
    )

    def moves(self, names: Sequence[str], seed: int, size: int) -> Moves:
        """Return mirrored (0 or 1), shift down and shift right (pixels) of every view: shape (len(names), count, 3).

        View 0 is the image itself.
        """
        most = round(self.shift * size)
        found = np.zeros((len(names), self.count, 3), np.int64)
        found[:, 1::2, 0] = self.flip
        for row, name in enumerate(names if most else ()):
            found[row, 1:, 1:] = seeds.generator(seed, "finetune", "shift", name).integers(
                -most, most + 1, (self.count - 1, 2)
            )
        return found

    def shown(self, names: Sequence[str], seed: int, epoch: int) -> NDArray[np.int64]:
        """Return which view of each image an epoch shows; images begin at different views and take turns."""
        first = [seeds.integer(seed, "finetune", "first view", name) % self.count for name in names]
        return (np.array(first, np.int64) + epoch) % self.count


def show(pixels: Tensor, moves: Tensor) -> Tensor:
    """Return images mirrored and shifted; what a shift leaves empty is filled with the reflection at the border.

    Args:
        pixels: any type, shape (N, channels, size, size).
        moves: integers, shape (N, 3), a row per image as :meth:`Views.moves` makes them.
    """
    size = pixels.shape[-1]
    line = torch.arange(size, device=pixels.device)
    rows = _reflected(line - moves[:, 1:2], size)
    columns = _reflected(line - moves[:, 2:3], size)
    columns = torch.where(moves[:, 0:1].bool(), size - 1 - columns, columns)
    number = torch.arange(len(pixels), device=pixels.device)
    return pixels[number[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _reflected(index: Tensor, size: int) -> Tensor:
    index = index.abs()
    return torch.where(index >= size, 2 * (size - 1) - index, index)
