"""Style mixing on pixels: each channel's mean and deviation move towards those of a reference.

Zhou, Yang, Qiao and Xiang, "Domain generalization with MixStyle", ICLR 2021, equations 3 to 5, mix the statistics of feature maps;
here the same is done to pixels, where those statistics are the tint and contrast of an image.
"""

from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.augment.gain import tempered
from datatools.augment.method import Partner
from datatools.images import RGB, to_uint8, to_unit
from datatools.settings import Settings

FLAT = 1e-6  # added to a variance in [0, 1], as in the paper's code, so that a flat channel divides by something


class StyleMix(Settings):
    """Move an image's tint and contrast towards a reference's; its content and label stay."""

    method: Literal["style_mix"] = Field(
        default="style_mix", description="Style mixing: tint and contrast between two images' (MixStyle on pixels)."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    alpha: float = Field(
        default=0.5,
        gt=0,
        le=100,
        description="The image's own weight is drawn from Beta(alpha, alpha); the paper's .1 leaves half of the images nearly as they are, "
        "1 gives any weight alike.",
    )
    pairing: Literal["cross_domain", "any"] = Field(
        default="cross_domain",
        description="With cross_domain, the reference comes from another domain where there is one; with any, from any image.",
    )
    varies: ClassVar[bool] = True

    @property
    def partner(self) -> Partner:
        """Return which reference the pairing asks for."""
        return "other_domain" if self.pairing == "cross_domain" else "any"

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the image with mixed statistics; the whole label stays the parent's."""
        assert partner is not None, "style_mix needs a reference"
        return mix(image, partner, float(random.beta(self.alpha, self.alpha))), 1.0


def mix(image: RGB, reference: RGB, weight: float) -> RGB:
    """Return the image with ``weight`` of its own channel statistics and ``1 - weight`` of the reference's.

    Args:
        image: uint8, shape (height, width, 3).
        reference: uint8, any size.
        weight: in [0, 1]; 1 gives the image itself.

    Returns:
        uint8, ``sigma_mix (x - mu) / sigma + mu_mix`` per channel, rounded and clipped. A nearly plain image is stretched to
        :data:`datatools.augment.gain.MOST` times its own contrast at most.
    """
    mean, deviation = _statistics(image)
    other_mean, other_deviation = _statistics(reference)
    other_deviation *= tempered(deviation, other_deviation)
    scale = (weight * deviation + (1.0 - weight) * other_deviation) / deviation
    offset = weight * mean + (1.0 - weight) * other_mean - scale * mean
    return to_uint8(to_unit(image).astype(np.float64) * scale + offset)


def _statistics(image: RGB) -> tuple[np.ndarray, np.ndarray]:
    mean, deviation = cv2.meanStdDev(image)
    return mean[:, 0] / 255.0, np.sqrt((deviation[:, 0] / 255.0) ** 2 + FLAT)
