"""Colour transfer in CIELAB: lightness and the two axes of colour get the mean and deviation of a reference's.

Reinhard, Ashikhmin, Gooch and Shirley, "Color transfer between images", IEEE CG&A 21(5), 2001, equations 10 and 11. They work in the
space of Ruderman, whose axes are as independent for natural scenes; CIELAB (CIE 15:2004; sRGB as in IEC 61966-2-1, white D65) is its
successor in use, and has a place for black, where Ruderman's logarithm has none.
"""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.augment import reinhard_kernels as kernels
from datatools.augment.gain import tempered
from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

# A channel that deviates less, in units of CIELAB, is flat: the rounding to 8 bits alone spreads a plain colour by up to half as much,
# and would come out as coloured noise.
FLAT = 0.5


class Reinhard(Settings):
    """Give an image the mean and the spread of a reference's lightness and colours; its content and label stay."""

    method: Literal["reinhard"] = Field(
        default="reinhard",
        description="Reinhard's colour transfer: the target domain's tint, light and contrast in CIELAB.",
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    partner: ClassVar[Partner] = "target"
    varies: ClassVar[bool] = False

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the image with the reference's statistics; the whole label stays the parent's."""
        assert partner is not None, "reinhard needs a reference"
        return transfer(image, partner), 1.0


def transfer(image: RGB, reference: RGB) -> RGB:
    """Return the image with the mean and deviation of the reference in each channel of CIELAB.

    Args:
        image: uint8, shape (height, width, 3).
        reference: uint8, any size.

    Returns:
        uint8, ``sigma_reference (x - mu) / sigma + mu_reference`` per channel of CIELAB, back in sRGB, rounded and clipped. A flat
        channel only moves to the reference's mean: a grey image is tinted. A nearly plain image is stretched to
        :data:`datatools.augment.gain.MOST` times its own contrast at most.
    """
    pixels = np.ascontiguousarray(image).reshape(-1, 3)
    mean, deviation = statistics(pixels)
    wanted_mean, wanted = statistics(np.ascontiguousarray(reference).reshape(-1, 3))
    flat = deviation < FLAT
    scale = np.where(flat, 1.0, tempered(deviation, wanted) * wanted / np.where(flat, 1.0, deviation))
    moved: RGB = kernels.moved(pixels, mean, scale, wanted_mean)
    return moved.reshape(image.shape)


def statistics(pixels: RGB) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of L*, a* and b*, shape (3,) each, of pixels of shape (N, 3)."""
    sums, squares = kernels.sums(pixels)
    mean = sums / len(pixels)
    return mean, np.sqrt(np.maximum(squares / len(pixels) - mean * mean, 0.0))
