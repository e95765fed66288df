"""Poisson paste: a piece of one image seamlessly in another, by solving for the colours that have its gradients.

Pérez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003 (ACM Transactions on Graphics 22, 313-318), sections 2 and 3, by OpenCV's
``seamlessClone``. Colours follow the surroundings, so the label by area is an approximation: use it where shape and texture are the class.
"""

from typing import Annotated, ClassVar, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from datatools.augment.cutmix import Box
from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Share = Annotated[float, Field(gt=0, le=0.9)]
ERODED = 3  # pixels that OpenCV takes off a mask all around before it uses it
MARGIN = ERODED + 1  # pixels between a piece and the border of the image
FEWEST = 2 * MARGIN + 4  # pixels of the shorter side, below which there is no room for a piece


class PoissonPaste(Settings):
    """Paste an ellipse of another train image seamlessly; the target is soft, by area."""

    method: Literal["poisson"] = Field(
        default="poisson",
        description="Poisson paste: a piece of another train image without a seam, with a soft label.",
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(
        default=0.05, ge=0, le=1, description="Share of the train images that get it; costs milliseconds each."
    )
    side: tuple[Share, Share] = Field(
        default=(0.3, 0.6), description="Between which shares of the image's sides those of the piece are drawn."
    )
    gradients: Literal["normal", "mixed"] = Field(
        default="normal",
        description="normal pastes the piece's gradients; mixed keeps the stronger of both, so that the texture below shows.",
    )
    partner: ClassVar[Partner] = "labelled"
    varies: ClassVar[bool] = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.side[0] > self.side[1]:
            raise ValueError(f"side: the first value must not exceed the second, got {list(self.side)}")
        return self

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the image with the piece and the share of its pixels that are not the piece's; one below 12 pixels stays as it is."""
        assert partner is not None, "poisson needs a second image"
        if min(image.shape[:2]) < FEWEST:
            return image.copy(), 1.0
        box = _piece(image.shape[0], image.shape[1], float(random.uniform(*self.side)), random)
        mask = ellipse(image.shape[0], image.shape[1], box)
        pasted = seamless(image, partner, mask, mixed=self.gradients == "mixed")
        return pasted, 1.0 - float((mask > 0).mean())


def _piece(height: int, width: int, side: float, random: np.random.Generator) -> Box:
    """Return a box within the margin."""
    rows, columns = max(3, round(side * (height - 2 * MARGIN))), max(3, round(side * (width - 2 * MARGIN)))
    top = int(random.integers(MARGIN, height - MARGIN - rows + 1))
    left = int(random.integers(MARGIN, width - MARGIN - columns + 1))
    return Box(top, top + rows, left, left + columns)


def ellipse(height: int, width: int, box: Box) -> NDArray[np.uint8]:
    """Return a mask, 255 in the largest ellipse inside the box, shape (height, width)."""
    y, x = np.ogrid[:height, :width]
    middle_y, middle_x = (box.top + box.bottom - 1) / 2, (box.left + box.right - 1) / 2
    inside = ((y - middle_y) / ((box.bottom - box.top) / 2)) ** 2 + ((x - middle_x) / ((box.right - box.left) / 2)) ** 2
    return np.where(inside <= 1, 255, 0).astype(np.uint8)


def seamless(image: RGB, other: RGB, mask: NDArray[np.uint8], *, mixed: bool) -> RGB:
    """Return the image with the masked piece of ``other`` at the same place.

    Args:
        image: uint8, shape (height, width, 3).
        other: uint8, same shape.
        mask: 255 where the piece is, nowhere within 4 pixels of the border.
        mixed: keep the stronger gradient of both.

    Returns:
        uint8; only the bounding box of the mask and three pixels around it change.
    """
    wide = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=ERODED)
    rows, columns = np.flatnonzero(wide.any(axis=1)), np.flatnonzero(wide.any(axis=0))
    # OpenCV puts the middle of the mask's bounding box here, and cuts halves off: so the piece stays where it was.
    centre = (int(columns[0] + columns[-1] + 1) // 2, int(rows[0] + rows[-1] + 1) // 2)
    flags = cv2.MIXED_CLONE if mixed else cv2.NORMAL_CLONE
    return np.asarray(cv2.seamlessClone(other, image, wide, centre, flags), dtype=np.uint8)
