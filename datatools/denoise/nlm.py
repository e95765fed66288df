"""Non-local means, by OpenCV."""

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.images import RGB
from datatools.settings import Settings

PATCH, SEARCH = 5, 21


class Nlm(Settings):
    """Non-local means (Buades, Coll and Morel, CVPR 2005): each pixel becomes a mean of pixels whose surroundings look alike.

    All channels are compared together. OpenCV's "coloured" variant, which treats lightness and colour apart in CIELAB, gained 1 to 2 dB
    less on photos, since its conversion clips.
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

    def __call__(self, image: RGB, noise: Noise) -> RGB:
        """Return the image with Gaussian noise of strength ``noise.sigma`` reduced."""
        return np.asarray(
            cv2.fastNlMeansDenoising(image, None, self.strength * noise.sigma, PATCH, SEARCH), dtype=np.uint8
        )
