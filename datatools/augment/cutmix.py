"""CutMix: a box of one image replaced by the same box of another, labels mixed by area.

Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", ICCV 2019, section 3.1.
"""

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings


class Box(NamedTuple):
    """Rows ``top`` to ``bottom`` - 1 and columns ``left`` to ``right`` - 1, in pixels; empty where an end is not above its start."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        """Return the number of pixels."""
        return max(0, self.bottom - self.top) * max(0, self.right - self.left)


class CutMix(Settings):
    """Replace a box of an image by that of another train image; the target is soft, by area."""

    method: Literal["cutmix"] = Field(
        default="cutmix", description="CutMix: a box of another train image, with a soft label."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.1, ge=0, le=1, description="Share of the train images that get it.")
    alpha: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="The share of the image that stays is drawn from Beta(alpha, alpha), before the box is clipped; the paper uses 1.",
    )
    partner: ClassVar[Partner] = "labelled"
    varies: ClassVar[bool] = True

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the patched image and the share of it that is the parent's: that of the clipped box, not the one that was drawn."""
        assert partner is not None, "cutmix needs a second image"
        box = draw_box(image.shape[0], image.shape[1], float(random.beta(self.alpha, self.alpha)), random)
        return paste(image, partner, box), 1.0 - box.area / (image.shape[0] * image.shape[1])


def draw_box(height: int, width: int, kept: float, random: np.random.Generator) -> Box:
    """Return a box of the image's proportions around a pixel drawn evenly, clipped at the borders.

    Args:
        height: of the image, in pixels.
        width: of the image, in pixels.
        kept: share of the image outside the box before clipping, in [0, 1].
        random: draws the centre.
    """
    side = (1.0 - kept) ** 0.5
    rows, columns = round(height * side), round(width * side)
    top = int(random.integers(height)) - rows // 2
    left = int(random.integers(width)) - columns // 2
    return Box(max(0, top), min(height, top + rows), max(0, left), min(width, left + columns))


def paste(image: RGB, other: RGB, box: Box) -> RGB:
    """Return the image with the box taken from ``other``, which has the same shape."""
    result = image.copy()
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    result[rows, columns] = other[rows, columns]
    return result
