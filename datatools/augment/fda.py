"""Fourier domain adaptation: the low frequencies' amplitude of a reference in the phase of the image.

Yang and Soatto, "FDA: Fourier domain adaptation for semantic segmentation", CVPR 2020, section 3.1, equation 3. The paper transforms
the whole image; but all that changes lies in a small window of frequencies, so only those are computed, as matrix products, and only
what they change is added to the pixels. It is the same sum, and at 224 px with beta .01 five times as fast as with an FFT.
"""

import math
from functools import lru_cache
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Complex = NDArray[np.complex128]
Float = NDArray[np.float64]

NO_PHASE = 1e-4  # grey levels; an 8-bit image's own rounding is ten times as large at every frequency
# Grey levels, added to all: a pixel that comes to lie halfway between two is rounded up, whatever the last bit of its sum.
UP = 2.0**-20


class Fda(Settings):
    """Give an image the colours and soft shading of a reference; its content and label stay."""

    method: Literal["fda"] = Field(
        default="fda", description="Fourier domain adaptation: the look of the target domain."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    beta: float = Field(
        default=0.01,
        ge=0,
        lt=0.5,
        description="Half the width of the swapped frequencies, as a share of the shorter side; the paper uses .01, .05 and .09; "
        "raise it to take over more of the reference, lower it when ghosts of the reference appear.",
    )
    partner: ClassVar[Partner] = "target"
    varies: ClassVar[bool] = False

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the image in the reference's low-frequency amplitude; the whole label stays the parent's."""
        assert partner is not None, "fda needs a reference"
        return adapt(image, partner, self.beta), 1.0


def adapt(image: RGB, reference: RGB, beta: float) -> RGB:
    """Return the image with the reference's amplitude in the window of 2b + 1 frequencies around zero, b = floor(beta min(H, W)).

    Args:
        image: uint8, shape (H, W, channels).
        reference: uint8, same shape.
        beta: in [0, 0.5).

    Returns:
        uint8, rounded and clipped. Where the image has no amplitude (no phase is defined there), the phase counts as 0.
    """
    height, width, channels = image.shape
    b = math.floor(beta * min(height, width))
    source, wanted = low_frequencies(image, b), np.abs(low_frequencies(reference, b))
    amplitude = np.abs(source)
    silent = amplitude < NO_PHASE * height * width
    phase = np.where(silent, 1.0, source / np.where(silent, 1.0, amplitude))
    change = (wanted - amplitude) * phase / (height * width)
    change[:, 1:] *= 2  # a real image's other half of the window is the mirror image of this one
    change[b, 0] += UP
    columns = np.tensordot(change, _waves(width, b).conj(), (0, 0)).transpose(0, 2, 1).reshape(b + 1, width * channels)
    pixels = _cosines_and_sines(height, b).T @ np.concatenate([columns.real, columns.imag])
    return np.asarray(cv2.add(image, pixels.reshape(image.shape), dtype=cv2.CV_8U), dtype=np.uint8)


def low_frequencies(image: RGB, b: int) -> Complex:
    """Return the Fourier coefficients of a window, shape (2b + 1, b + 1, channels).

    Element [b + v, u] belongs to the horizontal frequency v in -b..b and the vertical one u in 0..b; the rest follows from symmetry.
    """
    height, width, channels = image.shape
    # In float64 the sum is good to 1e-12 levels, so that no rounding depends on how many threads the library used.
    parts = _cosines_and_sines(height, b) @ image.reshape(height, width * channels).astype(np.float64)
    rows = (parts[: b + 1] + 1j * parts[b + 1 :]).reshape(b + 1, width, channels)
    window: Complex = np.tensordot(_waves(width, b), rows, (1, 1))
    return window


@lru_cache(maxsize=16)
def _waves(size: int, b: int) -> Complex:
    turns = np.outer(np.arange(-b, b + 1), np.arange(size)) % size / size
    waves: Complex = np.exp(-2j * np.pi * turns)
    waves.flags.writeable = False  # shared by all calls
    return waves


@lru_cache(maxsize=16)
def _cosines_and_sines(size: int, b: int) -> Float:
    waves = _waves(size, b)[b:]
    both: Float = np.concatenate([waves.real, waves.imag])
    both.flags.writeable = False
    return both
