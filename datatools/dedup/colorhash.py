"""The colour hash: how much of a picture is black, grey, and of each hue."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from datatools.images import RGB
from datatools.settings import Settings


class ColorHash(Settings):
    """Colour hash, by imagehash: blind to shape, so it finds copies that were turned or cropped hard, among many others."""

    method: Literal["colorhash"] = Field(
        default="colorhash", description="colorhash: shares of black, grey and each hue; blind to shape"
    )
    bits: Literal[42, 56] = Field(default=42, description="Length of the hash: three or four bits for each share.")
    radius: int = Field(default=1, ge=0, le=16, description="Bits in which candidates may differ.")

    def __call__(self, image: RGB) -> NDArray[np.bool_]:
        """Return the bits."""
        import imagehash

        found = imagehash.colorhash(Image.fromarray(image), binbits=self.bits // 14)
        return np.asarray(found.hash, dtype=np.bool_).ravel()
