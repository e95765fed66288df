"""How noisy is one image: the standard deviation of white Gaussian noise, and the share of impulses (salt and pepper).

Both must tell noise from what a picture shows. Texture and edges live in some blocks and have more energy in the horizontal and
vertical details than in the diagonal ones; white noise is everywhere and has the same energy in all three.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB

Floats = NDArray[Any]  # float32; numpy's stubs lose the precision in arithmetic

BLOCK = 4  # coefficients along a block's side, 8 pixels of the image
FLATTEST = 0.1  # share of the blocks that is looked at
CLIPPED = 0.1  # share of values at 0 or 255 from which a block hides its noise
WHITE = 0.75  # diagonal detail over horizontal and vertical in the flattest blocks; 1 for white noise
JUMP = 50  # grey levels between an impulse and the median around it
ALIKE = 20  # grey levels within which a neighbour counts as part of the same thing


@dataclass(frozen=True)
class Noise:
    """What was estimated: ``sigma`` in grey levels (0 to 255 scale), ``impulse`` as a share of the pixels."""

    sigma: float
    impulse: float


def estimate(image: RGB) -> Noise:
    """Estimate the noise of an image of shape (height, width, 3), uint8.

    An image with a side below 32 pixels has too few blocks: its sigma is 0, so that it is left alone.
    """
    spots = impulses(image)
    return Noise(round(gaussian(image), 4), round(float(spots.any(axis=2).mean()), 6))


def gaussian(image: RGB) -> float:
    """Return sigma of white Gaussian noise, from the diagonal Haar details of the flattest blocks.

    The diagonal detail of an orthonormal Haar transform of noise has the noise's own deviation (Donoho and Johnstone, Biometrika
    81(3), 1994). The flattest blocks are those with the least horizontal and vertical detail, which is independent of the
    diagonal one in noise, so that choosing them does not bias the result. Blocks that clip at 0 or 255 hide noise and are left
    out, unless they are one plain colour, which shows that there is none. Impulses are replaced first: they would count as noise.
    """
    calm = np.where(impulses(image), cv2.medianBlur(image, 3), image)
    return float(np.median([_channel(calm[:, :, index].astype(np.float32)) for index in range(3)]))


def _channel(plane: Floats) -> float:
    height, width = (side // (2 * BLOCK) * 2 * BLOCK for side in plane.shape)
    if min(height, width) < 8 * BLOCK:
        return 0.0
    a, b, c, d = (plane[y:height:2, x:width:2] for y in (0, 1) for x in (0, 1))
    diagonal = _energies((a - b - c + d) / 2)
    sides = (_energies((a + b - c - d) / 2) + _energies((a - b + c - d) / 2)) / 2
    clipped = np.mean([_blocks((part <= 0) | (part >= 255)).mean(axis=1) for part in (a, b, c, d)], axis=0)
    usable = (clipped < CLIPPED) | (diagonal + sides == 0)
    if usable.sum() < 1 / FLATTEST:
        return 0.0
    flat = usable & (sides <= np.quantile(sides[usable], FLATTEST))
    level, beside = float(diagonal[flat].mean()) ** 0.5, float(sides[flat].mean()) ** 0.5
    return level if level >= WHITE * beside else 0.0


def _blocks(values: NDArray[Any]) -> NDArray[Any]:
    height, width = values.shape
    tiles = values.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return tiles.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)


def _energies(values: Floats) -> Floats:
    energies: Floats = np.mean(np.square(_blocks(values)), axis=1)
    return energies


def impulses(image: RGB) -> NDArray[np.bool_]:
    """Return which values are impulses: extreme, far from the median around them, and alone.

    A thin black line on white is extreme and far from its median too; but along a line each pixel has two neighbours like itself.
    """
    extreme = (image <= 5) | (image >= 250)
    far = cv2.absdiff(image, cv2.medianBlur(image, 3)) > JUMP
    suspects: NDArray[np.bool_] = extreme & far
    if not suspects.any():
        return suspects
    return suspects & (_neighbours_alike(image) <= 1)


def _neighbours_alike(image: RGB) -> NDArray[np.uint8]:
    padded = np.pad(image.astype(np.int16), ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    alike = np.zeros(image.shape, np.uint8)
    for y, x in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)):
        alike += np.abs(padded[y : y + height, x : x + width] - image) <= ALIKE
    return alike
