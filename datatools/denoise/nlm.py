"""Non-local means, OpenCV's."""

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Noise
from datatools.images import RGB
from datatools.settings import Settings


class NonLocalMeans(Settings):
    """Each pixel becomes a mean of pixels with similar surroundings (Buades, Coll, Morel, CVPR 2005)."""

    method: Literal["nlm"] = Field(
        default="nlm", description="Gaussian noise in pictures with repeated structures; slow."
    )
    strength: float = Field(
        default=0.9,
        gt=0,
        le=3,
        description="Filter strength as a multiple of the estimated sigma; lower it to keep texture.",
    )

    def __call__(self, image: RGB, noise: Noise) -> RGB:
        """Return the denoised image, same shape and type."""
        strength = self.strength * noise.sigma
        return np.asarray(cv2.fastNlMeansDenoisingColored(image, None, strength, strength, 5, 21), dtype=np.uint8)
