"""Wavelet shrinkage with a threshold from the data."""

from itertools import product
from typing import Literal

import numpy as np
import pywt
from numpy.typing import NDArray
from pydantic import Field

from datatools.denoise import opponent
from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.levels import Levels, Planes
from datatools.settings import Settings

WAVELET, MODE, LEVELS = "db2", "symmetric", 4


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

    def __call__(self, image: Levels, _noise: Noise) -> Levels:
        """Return the image with Gaussian noise reduced; a grey image stays grey."""
        grey = opponent.is_grey(image)
        planes, sigmas = opponent.split(image, grey), opponent.strengths(image, grey)
        levels = min(LEVELS, pywt.dwt_max_level(min(image.shape[:2]), WAVELET))
        if levels < 1 or not sigmas.any():
            return image.copy()
        total = np.zeros_like(planes)
        for down, right in product(range(self.shifts), repeat=2):
            total += _shrunk_shifted(planes, down, right, sigmas, levels)
        return opponent.join(total / np.float32(self.shifts**2), image)


def _shrunk_shifted(planes: Planes, down: int, right: int, sigmas: NDArray[np.float64], levels: int) -> Planes:
    height, width = planes.shape[1:]
    padded = np.pad(planes, ((0, 0), (down, 0), (right, 0)), mode="symmetric")
    coarse, *details = pywt.wavedec2(padded, WAVELET, mode=MODE, level=levels, axes=(1, 2))
    shrunk = [tuple(_shrunk(bands, sigmas) for bands in three) for three in details]
    restored = pywt.waverec2([coarse, *shrunk], WAVELET, mode=MODE, axes=(1, 2))
    return np.asarray(restored[:, down : down + height, right : right + width], dtype=np.float32)


def _shrunk(bands: Planes, sigmas: NDArray[np.float64]) -> Planes:
    """Soft-threshold the band of each plane at sigma² over the standard deviation of the signal; one that is all noise becomes zero."""
    signal = np.square(bands).mean(axis=(1, 2), dtype=np.float64) - sigmas**2
    limits = np.full(len(bands), np.inf)
    np.divide(sigmas**2, np.sqrt(signal, where=signal > 0, out=np.ones_like(signal)), where=signal > 0, out=limits)
    limit = limits.astype(np.float32)[:, None, None]
    return np.asarray(bands - np.clip(bands, -limit, limit))
