"""Median, at impulses only: the right repair for salt and pepper, and none for anything else."""

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.denoise.estimate import Noise, impulses
from datatools.images import RGB
from datatools.settings import Settings


class Median(Settings):
    """Each impulse becomes the median of the values around it; every other value stays as it is, bit by bit."""

    method: Literal["median"] = Field(
        default="median", description="Repairs impulses (salt and pepper), touches nothing else."
    )
    passes: int = Field(
        default=3, ge=1, le=10, description="Repetitions; raise it where impulses are so dense that they touch."
    )

    def __call__(self, image: RGB, noise: Noise) -> RGB:  # noqa: ARG002 (methods are called alike)
        """Return the repaired image, same shape and type."""
        for _ in range(self.passes):
            spots = impulses(image)
            if not spots.any():
                break
            image = np.where(spots, cv2.medianBlur(image, 3), image)
        return image
