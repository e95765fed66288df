"""The gradient hash: is each pixel brighter than the one to its left."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings


class DHash(Settings):
    """Gradient hash as imagehash defines it; cheaper than the DCT hash, and noisier on plain pictures."""

    method: Literal["dhash"] = Field(
        default="dhash", description="dhash: the signs of horizontal differences, exactly imagehash's"
    )
    bits: Literal[64, 144, 256] = Field(
        default=64, description="Length of the hash. More bits tell finer differences apart, and find fewer copies."
    )
    radius: int = Field(
        default=8, ge=0, le=64, description="Bits in which candidates may differ. Raise it to find stronger changes."
    )

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return the bits: grey, one column more than rows (Lanczos), each pixel against its left neighbour."""
        side = math.isqrt(self.bits)
        grey = Image.fromarray(image).convert("L").resize((side + 1, side), Image.Resampling.LANCZOS)
        levels = np.asarray(grey)
        bits: NDArray[np.bool_] = (levels[:, 1:] > levels[:, :-1]).ravel()
        return bits
