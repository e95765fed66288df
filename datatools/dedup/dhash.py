"""The gradient hash: is each pixel brighter than the one to its left."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings

SIDE = 8


class DHash(Settings):
    """Gradient hash of 64 bits as imagehash defines it; twice as fast as the DCT hash, and noisier on plain pictures."""

    method: Literal["dhash"] = Field(
        default="dhash", description="dhash: the signs of 64 horizontal differences; when speed counts more than recall"
    )

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return 64 bits: grey, 9 x 8 (Lanczos), each pixel against its left neighbour."""
        grey = Image.fromarray(image).convert("L").resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS)
        levels = np.asarray(grey)
        bits: NDArray[np.bool_] = (levels[:, 1:] > levels[:, :-1]).ravel()
        return bits
