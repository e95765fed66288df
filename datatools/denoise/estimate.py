"""How noisy an image is, and of which kind."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from datatools import images
from datatools.denoise.impulse import impulses, repair, rough_sigma
from datatools.denoise.sigma import clipped, sigmas
from datatools.images import RGB
from datatools.settings import Settings

Kind = Literal["impulse", "gaussian"]

TILE, TILES = 256, 4  # a large image is judged by 4 x 4 tiles
NOTABLE = 0.001  # share of impulses from which on they would disturb the estimate of the other noise


class Noise(NamedTuple):
    """The noise of one image.

    Attributes:
        sigma: standard deviation of the Gaussian noise, in grey levels (0 to 255): the middle one of the three channels,
            since a channel that is clipped nearly everywhere shows its edges only.
        impulse: share of the values that are impulses, 0 to 1.
        blockiness: step across the borders of JPEG's 8 x 8 blocks beyond that inside them, in grey levels.
    """

    sigma: float
    impulse: float
    blockiness: float = 0.0


class Gate(Settings):
    """From when on an image counts as noisy. Below, its file is used as it is."""

    sigma: float = Field(
        default=6.0,
        gt=0,
        le=128,
        description="Gaussian noise in grey levels. 1 % of clean photos lie above 4. Raise it if clean, textured images change.",
    )
    impulse: float = Field(
        default=0.005,
        gt=0,
        le=1,
        description="Share of salt and pepper values. Raise it for images with many fine dark or bright dots that belong there.",
    )

    def kinds(self, noise: Noise) -> frozenset[Kind]:
        """Return the kinds of noise that are above the gate."""
        found: dict[Kind, bool] = {"impulse": noise.impulse >= self.impulse, "gaussian": noise.sigma >= self.sigma}
        return frozenset(kind for kind, above in found.items() if above)


def estimate(image: RGB) -> Noise:
    """Return the noise of an image.

    Noise that was there before the image was compressed to JPEG or reduced is partly gone, and is found as weak as it now is.
    """
    sample = _sample(image)
    mask = impulses(sample, rough_sigma(sample))
    share = float(mask.mean())
    rest = repair(sample, mask) if share >= NOTABLE else sample
    found = sigmas(rest.astype(np.float32), clipped(rest))
    return Noise(round(float(np.median(found)), 4), round(share, 6))


def of_file(path: str) -> Noise:
    """Return the noise of a file.

    Raises:
        ImageError: the file cannot be read.
    """
    return estimate(images.read(Path(path)))


def _sample(image: RGB) -> RGB:
    """Return the image, or of a large one 16 tiles spread evenly, joined."""
    height, width = image.shape[:2]
    if min(height, width) < TILE or height * width < 2 * (TILE * TILES) ** 2:
        return image
    tops = np.linspace(0, height - TILE, TILES, dtype=int)
    lefts = np.linspace(0, width - TILE, TILES, dtype=int)
    return np.vstack([np.hstack([image[top : top + TILE, left : left + TILE] for left in lefts]) for top in tops])
