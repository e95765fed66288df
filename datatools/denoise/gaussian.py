"""The Gaussian filter, by OpenCV."""

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.levels import Levels, to_levels, to_planes
from datatools.settings import Settings

# The width that gains most, in pixels, is 0.4, 0.55, 0.9 and 1.4 at noise of 5, 10, 25 and 50 grey levels, on photos.
WIDTH, GROWTH = 0.16, 0.55
LEAST_WIDTH = 0.1  # a narrower kernel is a single pixel


class Gaussian(Settings):
    """Each pixel becomes a mean of its neighbourhood, the wider the stronger the noise; edges become as soft as the rest."""

    method: Literal["gaussian"] = Field(
        default="gaussian", description="gaussian: plain smoothing; the fastest, and blurs edges."
    )
    strength: float = Field(
        default=1.0,
        gt=0,
        le=4,
        description="Factor on the width that fits the noise. Raise it where only coarse shapes matter, lower it if images turn soft.",
    )

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Gaussian, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "gaussian" in kinds else ()

    def __call__(self, image: Levels, noise: Noise) -> Levels:
        """Return the image smoothed; one without noise as it is."""
        width = self.strength * WIDTH * max(noise.sigma, 0.0) ** GROWTH
        if width < LEAST_WIDTH:
            return image.copy()
        smooth = cv2.GaussianBlur(to_planes(image), (0, 0), width, borderType=cv2.BORDER_REFLECT)
        return to_levels(np.asarray(smooth, dtype=np.float32).reshape(image.shape), image)
