"""Wavelet shrinkage with a threshold per subband: BayesShrink."""

from typing import Literal

import numpy as np
import pywt
from numpy.typing import NDArray
from pydantic import Field

from datatools.denoise.estimate import Noise
from datatools.images import RGB, to_uint8
from datatools.settings import Settings

Floats = NDArray[np.float32]

# Orthonormal opponent colours: brightness, red-blue, green-magenta. White noise stays white with the same sigma in each, while the
# picture's own energy gathers in the first.
OPPONENT = np.array(
    [[1 / 3**0.5, 1 / 3**0.5, 1 / 3**0.5], [1 / 2**0.5, 0, -(1 / 2**0.5)], [1 / 6**0.5, -2 / 6**0.5, 1 / 6**0.5]],
    dtype=np.float32,
)


class Wavelet(Settings):
    """Soft thresholding of wavelet details at sigma² / (deviation of the clean subband); Chang, Yu, Vetterli, IEEE TIP 9(9), 2000.

    Averaged over shifted copies of the image (cycle spinning; Coifman and Donoho, 1995), which removes the blocky artefacts of a
    decimated transform.
    """

    method: Literal["wavelet"] = Field(
        default="wavelet", description="Gaussian noise; fast, and the best here for most pictures."
    )
    shifts: int = Field(
        default=4, ge=1, le=16, description="Shifted copies that are averaged; more is smoother and slower."
    )
    levels: int = Field(
        default=3, ge=1, le=6, description="Scales of detail; raise it for coarse noise in large images."
    )

    def __call__(self, image: RGB, noise: Noise) -> RGB:
        """Return the denoised image, same shape and type."""
        planes = (image.astype(np.float32) @ OPPONENT.T).transpose(2, 0, 1)
        calm = np.stack([self._averaged(plane, noise.sigma) for plane in planes])
        return to_uint8((calm.transpose(1, 2, 0) @ OPPONENT) / 255)

    def _averaged(self, plane: Floats, sigma: float) -> Floats:
        total = np.zeros_like(plane)
        for number in range(self.shifts):
            # Steps along the diagonal visit each alignment of a dyadic grid once.
            offset = (number, (number * 3) % self.shifts)
            total += np.roll(
                _shrunk(np.roll(plane, offset, (0, 1)), sigma, self.levels), (-offset[0], -offset[1]), (0, 1)
            )
        return total / np.float32(self.shifts)


def _shrunk(plane: Floats, sigma: float, levels: int) -> Floats:
    deepest = min(levels, pywt.dwtn_max_level(plane.shape, "db2"))
    if deepest < 1:
        return plane
    coarse, *details = pywt.wavedec2(plane, "db2", mode="symmetric", level=deepest)
    kept = [tuple(_soft(band, sigma) for band in bands) for bands in details]
    back = pywt.waverec2([coarse, *kept], "db2", mode="symmetric")
    return np.asarray(back[: plane.shape[0], : plane.shape[1]], dtype=np.float32)


def _soft(band: Floats, sigma: float) -> Floats:
    signal = max(float(np.mean(np.square(band))) - sigma**2, 0.0) ** 0.5
    if signal == 0.0:
        return np.zeros_like(band)
    threshold = np.float32(sigma**2 / signal)
    shrunk: Floats = np.sign(band) * np.maximum(np.abs(band) - threshold, 0)
    return shrunk
