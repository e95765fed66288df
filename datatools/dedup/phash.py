"""The DCT hash: which low frequencies of a picture are stronger than the middle one."""

import math
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings

OVERSAMPLING = 4


class PHash(Settings):
    """DCT hash as imagehash defines it: robust to scale, compression and brightness, not to turns and crops."""

    method: Literal["phash"] = Field(
        default="phash",
        description="phash: the signs of the lowest frequencies, from a full decode, exactly imagehash's; the best single hash for photos",
    )
    bits: Literal[64, 144, 256] = Field(
        default=64, description="Length of the hash. More bits tell finer differences apart, and find fewer copies."
    )
    radius: int = Field(
        default=10, ge=0, le=64, description="Bits in which candidates may differ. Raise it to find stronger changes."
    )

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return the bits: grey, four times the hash's side (Lanczos), DCT-II, the lowest frequencies against their median.

        The steps, their order and Pillow's rounding are imagehash's, so that hashes can be exchanged with it: where a picture is
        symmetric many coefficients are zero but for rounding, and any other order of operations gives other bits.
        """
        low = math.isqrt(self.bits)
        size = (OVERSAMPLING * low, OVERSAMPLING * low)
        grey = Image.fromarray(image).convert("L").resize(size, Image.Resampling.LANCZOS)
        levels = np.asarray(grey, dtype=np.float64)
        frequencies = scipy.fft.dct(scipy.fft.dct(levels, axis=0), axis=1)[:low, :low]
        bits: NDArray[np.bool_] = (frequencies > np.median(frequencies)).ravel()
        return bits
