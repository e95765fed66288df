"""The average hash: which parts of a picture are brighter than its mean."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings


class AHash(Settings):
    """Average hash, by imagehash. Coarse: within 4 bits it proposes more than 1,300 false pairs among 8,200 photos."""

    method: Literal["ahash"] = Field(
        default="ahash", description="ahash: brighter than the mean or not; many false candidates, so it costs time"
    )
    bits: Literal[64, 144, 256] = Field(default=64, description="Length of the hash.")
    radius: int = Field(default=4, ge=0, le=64, description="Bits in which candidates may differ.")

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return the bits."""
        import imagehash

        found = imagehash.average_hash(Image.fromarray(image), hash_size=math.isqrt(self.bits))
        return np.asarray(found.hash, dtype=np.bool_).ravel()
