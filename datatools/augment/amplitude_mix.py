"""Amplitude mix: the amplitude of the whole spectrum moves towards a reference's, the phase stays.

Xu, Zhang, Zhang, Wang and Tian, "A Fourier-based framework for domain generalization", CVPR 2021: its strategy AM. Fourier
domain adaptation replaces the lowest frequencies; this mixes all of them, so that texture comes over, too.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft

from datatools.augment import amplitude_kernels as kernels
from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Channel = NDArray[np.uint8]  # (height, width)

NO_PHASE = 1e-9  # grey levels: what is less is the transform's own rounding
# Grey levels, added to all: a pixel that comes to lie halfway between two is rounded up, whatever the last bit of its sum.
UP = 2.0**-20
NEEDS: dict[str, Partner] = {"target": "target", "cross_domain": "other_domain", "any": "any"}


class AmplitudeMix(Settings):
    """Mix an image's amplitude spectrum with a reference's; its content and label stay."""

    method: Literal["amplitude_mix"] = Field(
        default="amplitude_mix", description="Amplitude mix (FACT): colours, light and texture between two images'."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    eta: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="The reference's weight is drawn evenly between 0 and this; the paper uses 1 for digits and PACS, .2 for Office-Home: "
        "lower it when ghosts of the reference appear.",
    )
    pairing: Literal["target", "cross_domain", "any"] = Field(
        default="target",
        description="With target, the reference comes from the target domain; with cross_domain, from another domain where there is one; "
        "with any, from any image.",
    )

    @property
    def partner(self) -> Partner:
        """Return which reference the pairing asks for."""
        return NEEDS[self.pairing]

    @property
    def varies(self) -> bool:
        """Return whether the reference's weight is drawn."""
        return self.eta > 0

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the image with a mixed amplitude; the whole label stays the parent's."""
        assert partner is not None, "amplitude_mix needs a reference"
        return mix(image, partner, float(random.uniform(0.0, self.eta))), 1.0


def mix(image: RGB, reference: RGB, weight: float) -> RGB:
    """Return the image with the amplitude ``(1 - weight) |F(image)| + weight |F(reference)|`` and its own phase.

    Args:
        image: uint8, shape (H, W, channels).
        reference: uint8, same shape.
        weight: in [0, 1]; 0 gives the image itself.

    Returns:
        uint8, rounded and clipped. Where the image has no amplitude (no phase is defined there), the phase counts as 0.
    """
    # One channel after the other: all at once take nearly twice the time, most of it for fresh memory.
    channels = range(image.shape[2])
    return np.stack([_mixed(image[:, :, one], reference[:, :, one], weight) for one in channels], axis=2)


def _mixed(image: Channel, reference: Channel, weight: float) -> Channel:
    spectrum, other = fft.rfft2(image), fft.rfft2(reference)
    kernels.change(spectrum.reshape(-1), other.reshape(-1), weight, NO_PHASE * image.size)
    spectrum[0, 0] += UP * image.size
    change = fft.irfft2(spectrum, s=image.shape)
    return np.asarray(cv2.add(image, change, dtype=cv2.CV_8U), dtype=np.uint8)
