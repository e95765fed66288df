"""Histogram matching: each channel gets the distribution of a reference's, by a table of grey levels.

Gonzalez and Woods, "Digital image processing", histogram specification: a level moves to where the reference's cumulative distribution
is as high as the image's own; between two levels that the reference has, in proportion.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from datatools.augment import histogram_kernels as kernels
from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

LEVELS = np.arange(256.0)

Share = Annotated[float, Field(ge=0, le=1)]


class HistogramMatch(Settings):
    """Give each channel of an image the grey levels of a reference; its content and label stay."""

    method: Literal["histogram_match"] = Field(
        default="histogram_match", description="Histogram matching: tint, brightness and contrast of the target domain."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    blend: tuple[Share, Share] = Field(
        default=(1.0, 1.0),
        description="The share of the effect is drawn evenly between these two; lower the first for more variety, "
        "both where large plain backgrounds take over the reference's colours.",
    )
    partner: ClassVar[Partner] = "target"

    @property
    def varies(self) -> bool:
        """Return whether the share of the effect is drawn."""
        return self.blend[0] < self.blend[1]

    @field_validator("blend")
    @classmethod
    def _rises(cls, blend: tuple[float, float]) -> tuple[float, float]:
        if blend[0] > blend[1]:
            raise ValueError(f"must not fall, got {list(blend)}")
        return blend

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the image in the reference's grey levels; the whole label stays the parent's."""
        assert partner is not None, "histogram_match needs a reference"
        return match(image, partner, float(random.uniform(*self.blend))), 1.0


def match(image: RGB, reference: RGB, share: float = 1.0) -> RGB:
    """Return the image with the distribution of the reference's grey levels in each channel.

    Args:
        image: uint8, shape (height, width, 3).
        reference: uint8, any size.
        share: of the way that each level goes, in [0, 1]; 0 gives the image itself.

    Returns:
        uint8, rounded. The highest level of the image becomes the reference's highest, so that a plain channel does, too.
    """
    pixels = np.ascontiguousarray(image).reshape(-1, 3)
    wanted = kernels.counts(np.ascontiguousarray(reference).reshape(-1, 3))
    own = kernels.counts(pixels)
    tables = np.stack([_table(own[channel], wanted[channel], share) for channel in range(3)])
    return np.asarray(kernels.replaced(pixels, tables), dtype=np.uint8).reshape(image.shape)


def _table(own: NDArray[np.int64], wanted: NDArray[np.int64], share: float) -> NDArray[np.uint8]:
    """Return the new level for each of the 256."""
    present = wanted > 0
    heights = np.cumsum(wanted)[present] / wanted.sum()
    moved = np.interp(np.cumsum(own) / own.sum(), heights, LEVELS[present])
    table: NDArray[np.uint8] = np.rint(LEVELS + share * (moved - LEVELS)).astype(np.uint8)
    return table
