"""The bilateral filter, by OpenCV."""

from math import ceil
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.levels import Levels, to_levels, to_planes
from datatools.denoise.opponent import is_grey
from datatools.settings import Settings

REACH = 2.0  # widths from the pixel to the border of its window


class Bilateral(Settings):
    """Bilateral filter (Tomasi and Manduchi, ICCV 1998): a mean over near pixels of similar colour, so that edges stay."""

    method: Literal["bilateral"] = Field(
        default="bilateral", description="bilateral: smooths within edges; fast, leaves specks where noise is strong."
    )
    strength: float = Field(
        default=2.4,
        gt=0,
        le=20,
        description="Difference in colour that still counts as alike, per unit of noise. Lower it if weak edges are lost.",
    )
    width: float = Field(
        default=2.0,
        ge=0.5,
        le=10,
        description="How far the mean reaches, in pixels. Raise it for large images; the time grows with its square.",
    )

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Bilateral, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "gaussian" in kinds else ()

    def __call__(self, image: Levels, noise: Noise) -> Levels:
        """Return the image smoothed within its edges; one without noise as it is."""
        if noise.sigma <= 0.0:  # OpenCV would take 1 for it
            return image.copy()
        planes = to_planes(image[:, :, :1] if is_grey(image) else image)
        # OpenCV adds up the differences of the channels, whose noise adds up by squares.
        alike = self.strength * noise.sigma * planes.shape[2] ** 0.5
        smooth = cv2.bilateralFilter(planes, 2 * ceil(REACH * self.width) + 1, alike, self.width)
        levels = to_levels(np.asarray(smooth, dtype=np.float32).reshape(planes.shape), image)
        return np.array(np.broadcast_to(levels, image.shape))
