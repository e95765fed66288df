"""MixUp and CutMix within a batch: each image is mixed with another one of its batch, and so are their labels.

Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018, equation 1; Yun et al., "CutMix", ICCV 2019, section 3.1. Both work on
what enters the learning part of the network: pixels where all of it learns, feature maps where the first layers are frozen and kept,
which is the form of Verma et al., "Manifold mixup", ICML 2019, at one layer.
"""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, model_validator
from torch import Tensor

from datatools.errors import SettingsError
from datatools.settings import Settings
from finetune.chance import Draws
from finetune.layout import channels_last


class Mixing(Settings):
    """How often and how far the images of a batch are mixed."""

    probability: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Share of the batches that are mixed; 0 mixes none, 1 suits long runs."
    )
    mixup: float = Field(
        default=0.2,
        ge=0.0,
        description="MixUp: weights come from Beta(mixup, mixup); .1-.4 for photos, more for long runs; 0 leaves it out.",
    )
    cutmix: float = Field(
        default=1.0,
        ge=0.0,
        description="CutMix: the box's area comes from Beta(cutmix, cutmix); 0 leaves it out. With both, a batch gets one or the other.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.probability and not self.mixup and not self.cutmix:
            raise ValueError("mixing: probability is above 0, but mixup and cutmix are both 0; set one of them")
        return self

    def __call__(self, inputs: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of a batch, mixed with the probability that was set.

        Args:
            inputs: shape (N, channels, height, width), or (N, width) for MixUp alone.
            targets: probabilities, shape (N, classes).

        Raises:
            SettingsError: CutMix is to cut a box out of what has no height and width.
        """
        random = draws("mixing") if self.probability else None
        if random is None or random.random() >= self.probability:
            return inputs, targets
        partners = torch.from_numpy(random.permutation(len(inputs))).to(inputs.device)
        if self.cutmix and (not self.mixup or random.random() < 0.5):
            return cutmix(inputs, targets, partners, *_boxes(inputs, self.cutmix, random))
        weights = torch.from_numpy(random.beta(self.mixup, self.mixup, len(inputs)))
        return mixup(inputs, targets, partners, weights)


def mixup(inputs: Tensor, targets: Tensor, partners: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``w x + (1 - w) x[partners]`` of inputs and targets.

    Args:
        partners: row of the other image, shape (N,).
        weights: of the image itself, in [0, 1], shape (N,).
    """
    return _blend(inputs, partners, weights), _blend(targets, partners, weights)


def cutmix(
    inputs: Tensor, targets: Tensor, partners: Tensor, top_left: Tensor, bottom_right: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the inputs with a box of another image in each, and the targets mixed by the box's true area.

    Args:
        top_left: first row and column of each box, shape (N, 2).
        bottom_right: first row and column behind it, shape (N, 2), inside the image.
    """
    height, width = inputs.shape[2:]
    rows = torch.arange(height, device=inputs.device)[None, :, None]
    columns = torch.arange(width, device=inputs.device)[None, None, :]
    (top, left), (bottom, right) = (
        (corner[:, 0, None, None], corner[:, 1, None, None])
        for corner in (top_left.to(inputs.device), bottom_right.to(inputs.device))
    )
    inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    kept = 1.0 - inside.double().mean(dim=(1, 2))
    return torch.where(inside[:, None], inputs[partners], inputs), _blend(targets, partners, kept)


def _blend(values: Tensor, partners: Tensor, weights: Tensor) -> Tensor:
    own = weights.to(values).view(-1, *[1] * (values.ndim - 1))
    return own * values + (1 - own) * values[partners]


def _boxes(inputs: Tensor, alpha: float, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Draw a box for each image: sides by the square root of its area, the centre anywhere, clipped to the image."""
    if inputs.ndim != 4 or channels_last(inputs):
        raise SettingsError(
            "finetune.mixing: cutmix cuts boxes out of images or feature maps, and what enters the layers that learn has the shape "
            f"{tuple(inputs.shape)[1:]}; set cutmix: 0, or let more layers learn"
        )
    size = np.array(inputs.shape[2:])
    share = np.sqrt(1.0 - random.beta(alpha, alpha, len(inputs)))[:, None]
    centre: NDArray[np.int64] = random.integers(0, size, (len(inputs), 2))
    half = np.round(share * size / 2).astype(np.int64)
    corners = np.clip(centre - half, 0, size), np.clip(centre + half, 0, size)
    return torch.from_numpy(corners[0]), torch.from_numpy(corners[1])
