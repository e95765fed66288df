"""The DCT hash: which low frequencies of a picture are stronger than the middle one."""

from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings

SIDE, LOW = 32, 8


class PHash(Settings):
    """DCT hash of 64 bits as imagehash defines it: robust to scale, compression and brightness, not to turns and crops."""

    method: Literal["phash"] = Field(
        default="phash", description="phash: the signs of the 64 lowest frequencies; the best single hash for photos"
    )

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return 64 bits: grey, 32 x 32 (Lanczos), DCT-II, the 8 x 8 lowest frequencies against their median.

        The steps, their order and Pillow's rounding are imagehash's, so that hashes can be exchanged with it: where a picture is
        symmetric many coefficients are zero but for rounding, and any other order of operations gives other bits.
        """
        grey = Image.fromarray(image).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        levels = np.asarray(grey, dtype=np.float64)
        low = scipy.fft.dct(scipy.fft.dct(levels, axis=0), axis=1)[:LOW, :LOW]
        bits: NDArray[np.bool_] = (low > np.median(low)).ravel()
        return bits
