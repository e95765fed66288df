"""Copy-paste: a cut-out with a transparent background laid somewhere on another image, labels mixed by area.

Ghiasi et al., "Simple copy-paste is a strong data augmentation method for instance segmentation", CVPR 2021, section 3: a piece of
random size at a random place, composited as ``alpha c + (1 - alpha) b``. There masks tell the objects; here the file's alpha channel does.
"""

from typing import Annotated, ClassVar, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from datatools.augment.method import Partner
from datatools.images import RGB, RGBA
from datatools.settings import Settings

Values = NDArray[np.float32]
Share = Annotated[float, Field(gt=0, le=1)]


class CopyPaste(Settings):
    """Paste a cut-out of another train image; the target is soft, by area."""

    method: Literal["copy_paste"] = Field(
        default="copy_paste", description="Copy-paste: a train image with a transparent background, with a soft label."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.1, ge=0, le=1, description="Share of the train images that get it.")
    side: tuple[Share, Share] = Field(
        default=(0.3, 0.7),
        description="Between which shares of the image's sides the cut-out's size is drawn; it keeps its proportions and fits in.",
    )
    partner: ClassVar[Partner] = "cutout"
    varies: ClassVar[bool] = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.side[0] > self.side[1]:
            raise ValueError(f"side: the first value must not exceed the second, got {list(self.side)}")
        return self

    def __call__(self, image: RGB, partner: RGBA | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the image with the cut-out of ``partner`` and the share of it that stays visible; without a cut-out, the image."""
        assert partner is not None, "copy_paste needs a second image"
        cutout = trimmed(partner)
        if not cutout.size:
            return image.copy(), 1.0
        (height, width), (rows, columns) = image.shape[:2], cutout.shape[:2]
        scale = float(random.uniform(*self.side)) * min(height / rows, width / columns)
        rows, columns = _size(cutout, scale)
        place = int(random.integers(height - rows + 1)), int(random.integers(width - columns + 1))
        pasted, covered = paste(image, cutout, place, scale)
        return pasted, 1.0 - covered


def paste(image: RGB, cutout: RGBA, place: tuple[int, int], scale: float) -> tuple[RGB, float]:
    """Return the image with a cut-out over it, and the share of it that the cut-out covers.

    Args:
        image: uint8, shape (height, width, 3).
        cutout: uint8, shape (rows, columns, 4), straight alpha.
        place: row and column of the image where the cut-out's upper left corner comes; what lies outside is cut off.
        scale: factor on the cut-out's sides.

    Returns:
        ``alpha c + (1 - alpha) b``, rounded, uint8; and the visible alpha over the image's area, in [0, 1].
    """
    colours, alpha = _scaled(cutout, scale)
    (top, left), (rows, columns) = place, alpha.shape
    inside = slice(max(top, 0), max(top + rows, 0)), slice(max(left, 0), max(left + columns, 0))
    result = image.copy()
    below = result[inside]
    seen = slice(max(-top, 0), max(-top, 0) + below.shape[0]), slice(max(-left, 0), max(-left, 0) + below.shape[1])
    opacity = alpha[seen]
    below[...] = np.rint(colours[seen] + (np.float32(1) - opacity[:, :, None]) * below)
    return result, float(opacity.sum(dtype=np.float64)) / (image.shape[0] * image.shape[1])


def trimmed(cutout: RGBA) -> RGBA:
    """Return the smallest part that holds all that is not wholly transparent; of size 0 where nothing is."""
    seen = cutout[:, :, 3] > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return cutout[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else cutout[:0, :0]


def _scaled(cutout: RGBA, scale: float) -> tuple[Values, Values]:
    """Return colours times alpha, 0 to 255, and alpha, 0 to 1: what lies hidden in transparent pixels must not bleed into the edge."""
    alpha = cutout[:, :, 3].astype(np.float32) / np.float32(255)
    colours = cutout[:, :, :3].astype(np.float32) * alpha[:, :, None]
    rows, columns = _size(cutout, scale)
    if (rows, columns) == alpha.shape:
        return colours, alpha
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    layers = np.asarray(cv2.resize(np.dstack([colours, alpha]), (columns, rows), interpolation=how), dtype=np.float32)
    return layers[:, :, :3], layers[:, :, 3]


def _size(cutout: RGBA, scale: float) -> tuple[int, int]:
    return max(1, round(cutout.shape[0] * scale)), max(1, round(cutout.shape[1] * scale))
