"""Views of a train image: a few fixed variants, drawn once by name, between which the epochs alternate.

Because the set is finite, what the frozen layers make of each view is computed once and kept. Alternating instead of drawing a flip anew
shows every image both ways in any two epochs (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, section 3.6). Mirroring and
shifting change no pixel, so they are exact in uint8 and the same on every device; crops and colours are computed on floats.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from datatools import seeds
from datatools.settings import Settings
from finetune import jitter

Moves = NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], NDArray[np.float32]]


class Views(Settings):
    """Which variants of a train image are shown."""

    count: int = Field(
        default=8,
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
    crop: float = Field(
        default=0.7,
        ge=0.0,
        le=0.92,
        description="Largest share of the area that a variant leaves out (random resized crop); less where a part could be another class.",
    )
    colour: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Largest change of a variant's brightness, contrast and saturation, as a share; .1-.4 where light varies.",
    )

    def variants(self, names: Sequence[str], seed: int, size: int) -> "Variants":
        """Return every view of every image.

        Args:
            names: of the images.
            size: side of the images in pixels.
        """
        crops = self._drawn(names, seed, "crop", lambda random, count: jitter.windows(random, count, self.crop))
        colours = self._drawn(names, seed, "colour", lambda random, count: jitter.factors(random, count, self.colour))
        return Variants(torch.from_numpy(self.moves(names, seed, size)), crops, colours)

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

    def _drawn(self, names: Sequence[str], seed: int, kind: str, draw: Draw) -> Tensor | None:
        """Return what is drawn for every view, None where this kind of change is off; view 0 stays as it is."""
        if not getattr(self, kind):
            return None
        neutral = jitter.NEUTRAL[kind]
        found = np.tile(np.array(neutral, np.float32), (len(names), self.count, 1))
        for row, name in enumerate(names):
            found[row, 1:] = draw(seeds.generator(seed, "finetune", kind, name), self.count - 1)
        return torch.from_numpy(found)

    def shown(self, names: Sequence[str], seed: int, epoch: int) -> NDArray[np.int64]:
        """Return which view of each image an epoch shows; images begin at different views and take turns."""
        first = [seeds.integer(seed, "finetune", "first view", name) % self.count for name in names]
        return (np.array(first, np.int64) + epoch) % self.count


@dataclass(frozen=True)
class Variants:
    """What makes each view of each image.

    Attributes:
        moves: integers, shape (N, views, 3), see :meth:`Views.moves`.
        crops: windows, shape (N, views, 4), see :func:`finetune.jitter.windows`; None changes nothing.
        colours: factors, shape (N, views, 3), see :func:`finetune.jitter.factors`; None changes nothing.
    """

    moves: Tensor
    crops: Tensor | None = None
    colours: Tensor | None = None

    @property
    def count(self) -> int:
        """Return the number of views of an image."""
        return int(self.moves.shape[1])

    def digest(self) -> str:
        """Return 32 hex digits that name these views."""
        total = hashlib.blake2b(digest_size=16)
        for values in (self.moves, self.crops, self.colours):
            total.update(b"none" if values is None else values.cpu().contiguous().numpy().tobytes())
        return total.hexdigest()

    def to(self, device: torch.device) -> "Variants":
        """Return the same on a device."""
        crops, colours = (None if values is None else values.to(device) for values in (self.crops, self.colours))
        return Variants(self.moves.to(device), crops, colours)

    def images(self, pixels: Tensor, rows: Tensor, views: Tensor) -> Tensor:
        """Return views as float in [0, 1], shape (n, 3, size, size), channels last.

        Args:
            pixels: uint8, shape (n, 3, size, size): those of ``rows``, on the device of this object.
            rows, views: integers, shape (n,).
        """
        rows, views = rows.to(self.moves.device), views.to(self.moves.device)
        found = show(pixels, self.moves[rows, views]).to(torch.float32).div(255)
        if self.crops is not None:
            found = jitter.cropped(found, self.crops[rows, views])
        if self.colours is not None:
            found = jitter.coloured(found, self.colours[rows, views])
        return found.contiguous(memory_format=torch.channels_last)


def unchanged(count: int) -> Variants:
    """Return one view of each of ``count`` images: the image itself."""
    return Variants(torch.zeros((count, 1, 3), dtype=torch.int64))


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
