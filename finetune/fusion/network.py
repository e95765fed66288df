"""The layers of late fusion: what the table says by itself, and what table and image say only together.

The logits of a row are

    image / temperature + alone(table) + joint(image, table)

where the first term is the image model's own answer, which never learns here. ``joint`` is a low-rank product of features and table
(Kim et al., "Hadamard product for low-rank bilinear pooling", ICLR 2017): of a table that is at its average it makes nothing,
so what the sum gains over the image model is owed to the table and not to more layers on the image.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from finetune.fusion.encoder import Encoded, Encoder

LEVEL_DROPOUT = (
    0.05  # share of levels shown as any other one, so that rows of an unknown level have something learnt too
)
DROPOUT = 0.1
WIDEST = 32  # of an embedding


class Said(NamedTuple):
    """Logits, each of shape (n, classes)."""

    alone: Tensor
    joint: Tensor


class FusionLayers(nn.Module):
    """The part that learns.

    Attributes:
        mean, scale: of the image features of the train rows, shape (features,).
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, encoder: Encoder, features: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        sizes = [embedding_size(len(column.levels)) for column in encoder.categories]
        self.embeddings = nn.ModuleList(
            Levels(column.shares, size) for column, size in zip(encoder.categories, sizes, strict=True)
        )
        width = encoder.width + sum(sizes)
        self.linear = nn.Linear(width, classes)
        self.deep = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, classes))
        self.of_image = nn.Linear(features, hidden, bias=False)
        self.of_table = nn.Linear(width, hidden, bias=False)
        self.together = nn.Linear(hidden, classes, bias=False)

    def forward(self, features: Tensor, table: Encoded, random: np.random.Generator | None = None) -> Said:
        """Return what the table adds to the image's logits.

        Args:
            features: of the image model, shape (n, features).
            random: draws what is dropped while training; None drops nothing.
        """
        row = _dropped(self.row(table, random), DROPOUT, random)
        image = _dropped((features - self.mean) * self.scale, DROPOUT, random)
        joint = self.together(self.of_image(image) * torch.tanh(self.of_table(row)))
        return Said(self.linear(row) + self.deep(row), joint)

    def row(self, table: Encoded, random: np.random.Generator | None = None) -> Tensor:
        """Return the numbers and the embeddings of the rows, all with a mean of about 0 over the train rows."""
        embedded = [each(table.levels[:, place], random) for place, each in enumerate(self.embeddings)]
        return torch.cat([table.numbers, *embedded], dim=1)

    def standardise(self, features: Tensor) -> None:
        """Learn mean and scale from the features of the train rows, shape (n, features)."""
        values = features.double()
        deviation = values.std(dim=0, correction=0)
        self.mean.copy_(values.mean(dim=0))
        self.scale.copy_(torch.where(deviation > 1e-9, 1 / deviation.clamp(min=1e-9), 0.0))

    def draw(self, random: np.random.Generator) -> None:
        """Draw the first weights. Those of the last layers are 0: at first the table adds nothing."""
        last = {self.linear.weight, self.deep[2].weight, self.together.weight}
        for name, value in self.named_parameters():
            spread = 0.0 if value in last or value.ndim < 2 else 1 / math.sqrt(value.shape[1])
            drawn = random.normal(0.0, 1.0, tuple(value.shape)) * (1.0 if name.startswith("embeddings") else spread)
            value.data.copy_(torch.from_numpy(drawn))


class Levels(nn.Module):
    """An embedding whose mean over the train rows is taken off."""

    shares: Tensor

    def __init__(self, shares: tuple[float, ...], size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(shares), size))
        self.register_buffer("shares", torch.tensor(shares))

    def forward(self, levels: Tensor, random: np.random.Generator | None = None) -> Tensor:
        """Return shape (n, size)."""
        if random is not None:
            levels = levels * torch.from_numpy(random.random(len(levels)) >= LEVEL_DROPOUT)
        centred: Tensor = self.weight - self.shares @ self.weight
        return centred[levels]


def embedding_size(levels: int) -> int:
    """Return how many numbers stand for one of so many levels: 2 for two, 11 for a hundred, at most 32."""
    return min(WIDEST, 1 + math.ceil(math.sqrt(levels)))


def _dropped(values: Tensor, share: float, random: np.random.Generator | None) -> Tensor:
    if random is None:
        return values
    kept = torch.from_numpy(random.random(tuple(values.shape), dtype=np.float32) >= share)
    return values * kept / (1 - share)
