"""Wavelet shrinkage with a threshold from the data."""

from itertools import product
from typing import Literal

import numpy as np
import pywt
from numpy.typing import NDArray
from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.sigma import clipped, sigmas
from datatools.images import RGB
from datatools.settings import Settings

Planes = NDArray[np.float32]  # (height, width, n)
Plane = NDArray[np.float32]  # (height, width)

WAVELET, MODE, LEVELS = "db2", "symmetric", 4
# Orthonormal, so that white noise stays as strong as it is: brightness, red against blue, green against both.
OPPONENT = (np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])).astype(np.float32)


class Wavelet(Settings):
    """BayesShrink (Chang, Yu and Vetterli, IEEE TIP 9(9), 2000), averaged over shifts (Coifman and Donoho, 1995).

    It works on opponent colours, each with its own estimate of the noise, since a camera's or a JPEG's noise is not equally
    strong in brightness and colour.
    """

    method: Literal["wavelet"] = Field(default="wavelet", description="wavelet: BayesShrink; good and fast.")
    shifts: int = Field(
        default=2,
        ge=1,
        le=4,
        description="Shifts per direction that are averaged: 1 is four times as fast and .8 dB worse, 4 is slower and .2 dB better.",
    )

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Wavelet, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "gaussian" in kinds else ()

    def __call__(self, image: RGB, _noise: Noise) -> RGB:
        """Return the image with Gaussian noise reduced; a grey image stays grey."""
        grey = bool((image == image[:, :, :1]).all())
        levels: Planes = image.astype(np.float32)
        planes: Planes = levels[:, :, :1] if grey else np.einsum("hwc,pc->hwp", levels, OPPONENT)
        ignore = clipped(image).any(axis=2, keepdims=True)
        strengths = sigmas(planes, np.broadcast_to(ignore, planes.shape))
        out = np.stack([self._plane(planes[:, :, n], sigma) for n, sigma in enumerate(strengths)], axis=2)
        restored = np.repeat(out, 3, axis=2) if grey else np.einsum("hwp,pc->hwc", out, OPPONENT)
        return np.asarray(np.rint(np.clip(restored, 0.0, 255.0)), dtype=np.uint8)

    def _plane(self, plane: Plane, sigma: float) -> Plane:
        levels = min(LEVELS, pywt.dwt_max_level(min(plane.shape), WAVELET))
        if sigma <= 0.0 or levels < 1:
            return plane
        shifted = [
            _shrink_shifted(plane, down, right, sigma, levels) for down, right in product(range(self.shifts), repeat=2)
        ]
        mean: Plane = np.mean(shifted, axis=0)
        return mean


def _shrink_shifted(plane: Plane, down: int, right: int, sigma: float, levels: int) -> Plane:
    height, width = plane.shape
    padded = np.pad(plane, ((down, 0), (right, 0)), mode="symmetric")
    coarse, *details = pywt.wavedec2(padded, WAVELET, mode=MODE, level=levels)
    shrunk = [tuple(_shrink(band, sigma) for band in bands) for bands in details]
    restored = pywt.waverec2([coarse, *shrunk], WAVELET, mode=MODE)
    return np.asarray(restored[down : down + height, right : right + width], dtype=np.float32)


def _shrink(band: Plane, sigma: float) -> Plane:
    """Soft-threshold at sigma² over the standard deviation of the signal; a band that is all noise becomes zero."""
    signal = float(np.mean(np.square(band))) - sigma**2
    if signal <= 0.0:
        return np.zeros_like(band)
    threshold = np.float32(sigma**2 / np.sqrt(signal))
    return np.sign(band) * np.maximum(np.abs(band) - threshold, np.float32(0.0))
