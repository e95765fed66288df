"""Non-local means, by OpenCV."""

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.levels import Levels, step
from datatools.settings import Settings

PATCH, SEARCH = 3, 21
# OpenCV compares 16-bit pixels by absolute differences only; with this factor on the strength it gains as much as with squares.
ABSOLUTE = 1.45


class Nlm(Settings):
    """Non-local means (Buades, Coll and Morel, CVPR 2005): each pixel becomes a mean of pixels whose surroundings look alike.

    All channels are compared together. OpenCV's "coloured" variant, which treats lightness and colour apart in CIELAB, gained 1 to 2 dB
    less on photos, since its conversion clips. Surroundings of 3 x 3 gained half a decibel more than 5 x 5.
    """

    method: Literal["nlm"] = Field(default="nlm", description="nlm: non-local means; keeps repeated detail, slow.")
    strength: float = Field(
        default=0.9,
        gt=0,
        le=3,
        description="Filter parameter per unit of estimated noise. Lower it if detail is lost, raise it if noise is left.",
    )

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Nlm, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "gaussian" in kinds else ()

    def __call__(self, image: Levels, noise: Noise) -> Levels:
        """Return the image with Gaussian noise of strength ``noise.sigma`` reduced; one without noise as it is."""
        strength = self.strength * noise.sigma
        if strength <= 0.0:
            return image.copy()
        if image.dtype == np.uint8:
            done = cv2.fastNlMeansDenoising(image, None, strength, PATCH, SEARCH)
        else:
            deep = [ABSOLUTE * strength * step(image)]
            done = cv2.fastNlMeansDenoising(image, deep, None, PATCH, SEARCH, cv2.NORM_L1)
        return np.asarray(done, dtype=image.dtype).reshape(image.shape)
