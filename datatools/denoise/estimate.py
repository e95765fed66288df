"""How noisy an image is, and of which kind."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools import images
from datatools.denoise.blockiness import blockiness
from datatools.denoise.impulse import by_chance, cleaned, impulses, rough_sigma
from datatools.denoise.levels import Levels
from datatools.denoise.sigma import opponent_strengths
from datatools.settings import Settings

Kind = Literal["impulse", "gaussian"]

# A larger image is judged by tiles: 4 to 8 in a row and as many in a column, by its size. Their edges keep to the grid of JPEG.
TILE, FEWEST, MOST, APART = 64, 4, 8, 128
GRID = 8
CELLS, UNEVEN = 4, 1.5  # of 4 x 4 parts; the share in the middle one of them, times this, is the largest believed
CERTAIN = 0.005  # share of impulses that no clean image has; a repair looks closer, and finds some in clean ones, too
NOTABLE = 0.001  # share of impulses from which on they would disturb the estimate of the other noise


class Noise(NamedTuple):
    """The noise of one image.

    Attributes:
        sigma: standard deviation of the Gaussian noise, in grey levels (0 to 255) whatever the depth: the root mean square of the
            channels. As it was before it was clipped at black and white; 0 where it cannot be told from texture.
        impulse: share of the values that are impulses, 0 to 1. 0 where they cannot be told from what the image shows, such as print in
            black and white.
        blockiness: step across the borders of JPEG's 8 x 8 blocks beyond that beside them, in grey levels; above 1 means a
            quality of about 50 or less.
        grain: what the flattest places hold at high frequencies, noise or texture, in grey levels as ``sigma`` is, and no less. Far
            above ``sigma``, it is either a texture that is everywhere, or noise that demosaicing, enlarging, smoothing or JPEG changed.
        uneven: how much stronger the grain is in some of these places than in others: mostly below 3 for noise, above for texture.
    """

    sigma: float
    impulse: float
    blockiness: float = 0.0
    grain: float = 0.0
    uneven: float = 0.0


class Gate(Settings):
    """From when on an image counts as noisy. Below, its file is used as it is."""

    sigma: float = Field(
        default=3.0,
        gt=0,
        le=128,
        description="Gaussian noise in grey levels. Raise it to spare weak noise, too.",
    )
    impulse: float = Field(
        default=0.005,
        gt=0,
        le=1,
        description="Share of salt and pepper values. Raise it for images with many fine dark or bright dots that belong there.",
    )

    def kinds(self, noise: Noise) -> frozenset[Kind]:
        """Return the kinds of noise that are to be treated."""
        gaussian = noise.sigma >= self.sigma
        # An image that is changed anyway is rid of a few impulses, too: smoothed, they would become spots.
        least = NOTABLE if gaussian else self.impulse
        found: dict[Kind, bool] = {"impulse": noise.impulse >= least, "gaussian": gaussian}
        return frozenset(kind for kind, above in found.items() if above)


def estimate(image: Levels) -> Noise:
    """Return the noise of an image, shape (height, width, 1 or 3).

    Noise that was there before the image was compressed to JPEG or reduced is partly gone, and is found as weak as it now is, or not at
    all where compression left too little of it (sigma 10 below a quality of about 90, sigma 25 below 75). Of noise that demosaicing,
    enlarging or smoothing changed, ``grain`` alone tells.
    """
    seen = sample(image)
    mask, rough = impulses(seen), 0.0
    if float(mask.mean()) >= NOTABLE:
        rough = rough_sigma(seen)
        mask = impulses(seen, rough)
    share = _even_share(mask)
    if share >= NOTABLE:
        found = int(mask.sum())
        seen, mask = cleaned(seen, rough)
        if not by_chance(seen, mask, found, rough):
            share = 0.0
    if share >= CERTAIN:
        # Several passes found more where impulses touch, and more dots that belong there.
        share = max(share, _even_share(mask))
    strengths = opponent_strengths(seen)
    sigma, grain = _overall(strengths.noise), _overall(strengths.grain)
    uneven = float(np.average(strengths.uneven, weights=np.square(strengths.grain))) if grain else 0.0
    told = (round(number, 4) for number in (blockiness(image), grain, uneven))
    return Noise(round(sigma, 4), round(share, 6), *told)


def _overall(strengths: NDArray[np.float64]) -> float:
    # The planes are an orthonormal transform of the channels, so both have the same sum of squares.
    return float(np.sqrt(np.square(strengths).mean()))


def _even_share(mask: NDArray[np.bool_]) -> float:
    """Return the share of impulses. They fall anywhere, so that what lies in a few places only, such as a fine print, hardly counts."""
    share = float(mask.mean())
    if share < NOTABLE or min(mask.shape[:2]) < CELLS:
        return share
    rows = np.array_split(mask, CELLS, axis=0)
    return min(
        share, UNEVEN * float(np.median([cell.mean() for row in rows for cell in np.array_split(row, CELLS, axis=1)]))
    )


def of_file(path: str) -> Noise:
    """Return the noise of a file.

    Raises:
        ImageError: the file cannot be read.
    """
    return estimate(images.native(Path(path)))


def sample(image: Levels) -> Levels:
    """Return the image, or of a large one tiles spread evenly, joined."""
    height, width = image.shape[:2]
    most = min(MOST, max(FEWEST, int((height * width) ** 0.5) // APART))
    tops, lefts = _starts(height, most), _starts(width, most)
    if 2 * height * width < 3 * len(tops) * len(lefts) * TILE**2 or min(height, width) < TILE:
        return image
    return np.vstack([np.hstack([image[top : top + TILE, left : left + TILE] for left in lefts]) for top in tops])


def _starts(size: int, most: int) -> NDArray[np.intp]:
    count = max(1, min(most, size // TILE))
    return np.linspace(0, max(size - TILE, 0), count).astype(np.intp) // GRID * GRID
