"""The strength of Gaussian noise, read off the flattest places of an image, and whether it is noise at all.

White noise has the same power at all frequencies; what is shown has most at low ones. So the image is cut into blocks of 4 x 4 whose
cosine transform separates them. The windows of 2 x 2 blocks with the least power at low frequencies are flat, and what they hold at
high ones is the strength of the noise: since one does not choose the other, pure noise is found as strong as it is (Ponomarenko et al.,
"An automatic approach to lossy compression of AVIRIS images", IGARSS 2007; Colom and Buades, IPOL 3, 2013).

A carpet or camouflage has no flat place. Its high frequencies differ from noise in that they are not equally strong, and stronger in
some blocks than in others, so that together they are not normally distributed: that is the doubt. And it is the same in all channels.
So planes of opponent colours are looked at, since what is left in the planes of colour can hardly be texture.
"""

from statistics import NormalDist
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.denoise import sigma_kernels as kernels
from datatools.denoise.levels import Levels, to_planes

Planes = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Orthonormal, so that white noise stays as strong as it is: brightness, red against blue, green against both.
OPPONENT = (np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])).astype(np.float32)

WINDOW = 64  # values: 2 x 2 blocks
FLATTEST = 0.1  # share of the windows that is taken for flat
FEWEST = 16  # windows, or nothing is said
LEAST_KEPT = 0.1  # share of the variance that clipping leaves, below which a window says nothing
CLIPPED = 0.05  # share of values to be ignored in a window from which on it does not count

# Doubt from which on nothing is believed; all is where it is a slope less. Of 3,781 clean photos, the worst carpets have 1.1 and more in
# brightness, and planes of colour that hold more than .4 grey levels 1.8 and more. Noise of 10 on photos has up to .65 in brightness in
# nine of ten, and up to .6 in colour in 99 of 100.
DOUBT, PER_BLOCK, SLOPE = 1.3, 5.0, 0.25  # brightness: 1.3 less 5 / sqrt(blocks): chance makes a few blocks look alike
FEW_BLOCKS = 45.0  # less 45 / blocks below 81 of them: in images of up to 64 pixels, chance makes even textures look so
COLOUR_DOUBT, COLOUR_SLOPE = 2.0, 0.8
LEAST_EXCESS = (
    -0.3
)  # of kurtosis; a pattern that is the same in all blocks has less, and would hide unequal frequencies

FREQUENCY = np.add.outer(np.arange(kernels.BLOCK), np.arange(kernels.BLOCK))  # of a block's coefficients, 0 to 6
UPPER, HIGH = FREQUENCY >= 3, FREQUENCY >= 4
ALL_LEFT = np.empty((0, 0), dtype=np.float32)
_GREY, _SHARES = np.ones((1, 1), dtype=np.float32), np.square(OPPONENT)  # of each channel in the variance of a plane
_FEW = (np.arange(WINDOW + 1) <= CLIPPED * WINDOW).astype(np.float32)


class Flat(NamedTuple):
    """What the flattest places of one plane hold at high frequencies.

    Attributes:
        power: variance of the noise, if it is noise.
        doubt: about 0 for white Gaussian noise, 1 and more for texture.
        blocks: how many blocks were looked at.
        uneven: the part of the doubt that lies in stronger and weaker blocks, frequency by frequency: about 0 for Gaussian noise, white
            or not, mostly 3 and more for texture.
    """

    power: float
    doubt: float
    blocks: int
    uneven: float


NOTHING = Flat(0.0, np.inf, 0, 0.0)


class Strengths(NamedTuple):
    """What the flattest places of an image hold at high frequencies: standard deviations in grey levels, one per plane.

    Attributes:
        noise: what is surely noise.
        grain: all of it, noise or texture; no less than ``noise``.
        uneven: how much stronger the grain is in some places than in others; one per plane, about 0 for noise, whatever changed it.
    """

    noise: NDArray[np.float64]
    grain: NDArray[np.float64]
    uneven: NDArray[np.float64]


def _kept(share: float) -> float:
    """Return the variance that is left of standard normal noise when this share of its values is clipped at one end.

    The share says how far the level of the place lies from that end; the rest are the moments of a censored normal distribution
    (Greene, "Econometric Analysis", ch. 19).
    """
    if share <= 0.0 or share >= 1.0:
        return float(share <= 0.0)
    normal = NormalDist()
    end = normal.inv_cdf(1.0 - share)
    density = normal.pdf(end)
    mean = share * end - density
    return (1.0 - share) - end * density + share * end**2 - mean**2


# By the number of clipped values in a flat window: the share of the noise's variance that is left in it, 1 to 0.
KEPT = np.array([_kept(count / WINDOW) for count in range(WINDOW + 1)], dtype=np.float32)


def clipped(image: Levels) -> Mask:
    """Return which values lie at an end of the range, shape of ``image``."""
    return np.asarray((image == 0) | (image == np.iinfo(image.dtype).max))


def sigmas(planes: Planes, ignore: Mask) -> NDArray[np.float64]:
    """Return the standard deviation of the noise in each plane, in the planes' unit. Texture that is everywhere counts as noise.

    Args:
        planes: shape (height, width, n).
        ignore: same shape; windows that hold more than a few of these values do not count, unless nearly all do.

    Returns:
        Shape (n,); zeros for an image that is too small to tell (below 20 pixels).
    """
    left = _left(ignore, _FEW, np.eye(ignore.shape[2], dtype=np.float32))
    left[np.count_nonzero(left, axis=(1, 2)) < FEWEST] = 1.0
    return np.sqrt([_flat(planes, n, left[n]).power for n in range(planes.shape[2])])


def opponent_sigmas(image: Levels) -> NDArray[np.float64]:
    """Return the ``noise`` of :func:`opponent_strengths`."""
    return opponent_strengths(image).noise


def opponent_strengths(image: Levels) -> Strengths:
    """Return how strong brightness and both :data:`OPPONENT` colours are at high frequencies, and how much of it is surely noise.

    Noise that clipping cut is found as strong as it was. In a plane of brightness alone, texture can hide noise (0 is said of it). Below
    64 pixels that plane says less: noise in it is often not found, and crops of grass or foliage can still be taken for noise.
    Noise that differs between channels is found in any texture.
    Noise that is not equally strong at all frequencies, as demosaicing, enlarging or smoothing leave it, is taken for texture.

    Args:
        image: shape (height, width, 1 or 3); a single channel is one plane of brightness.

    Returns:
        Three arrays of shape (3,) or (1,); zeros for an image that is too small to tell (below 20 pixels).
    """
    planes, cut = to_planes(image), clipped(image)
    grey = image.shape[2] == 1
    left = _left(cut, KEPT, _GREY if grey else _SHARES) if cut.any() else [ALL_LEFT] * image.shape[2]
    opponents = planes if grey else np.asarray(cv2.transform(planes, OPPONENT), dtype=np.float32)
    flats = [_flat(opponents, n, left[n]) for n in range(image.shape[2])]
    grain, uneven = np.array([(flat.power**0.5, flat.uneven) for flat in flats]).T
    return Strengths(np.sqrt(_noise(*flats)), grain, uneven)


def _noise(brightness: Flat, *colours: Flat) -> list[float]:
    """Return the power that is believed to be noise in each plane."""
    found = [_sure(colour, COLOUR_DOUBT, COLOUR_SLOPE) for colour in colours]
    # Noise of a sensor is not weaker in brightness than in colour, whatever the texture that hides it there.
    floor = min(brightness.power, float(np.mean(found))) if found else 0.0
    return [max(_sure_in_brightness(brightness), floor), *found]


def _sure_in_brightness(flat: Flat) -> float:
    blocks = max(flat.blocks, 1)
    return _sure(flat, DOUBT - max(PER_BLOCK / blocks**0.5, FEW_BLOCKS / blocks), SLOPE)


def _sure(flat: Flat, doubt: float, slope: float) -> float:
    """Return the power that is believed to be noise: none from ``doubt`` on, all of it ``slope`` below."""
    return flat.power * min(1.0, max(0.0, (doubt - flat.doubt) / slope)) if flat.power else 0.0


def _left(mask: Mask, table: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of the variance that is left in each window of each plane; see :func:`datatools.denoise.sigma_kernels.leave`."""
    rows, columns = _blocks(mask)
    left = np.zeros((len(weights), max(rows - 1, 0), max(columns - 1, 0)), dtype=np.float32)
    if left.size:
        kernels.leave(mask, table, weights, left)
    return left


def _blocks(planes: NDArray[Any]) -> tuple[int, int]:
    return planes.shape[0] // kernels.BLOCK, planes.shape[1] // kernels.BLOCK


def _flat(planes: Planes, n: int, left: NDArray[np.float32]) -> Flat:
    """Return what plane ``n`` holds; ``left``: the share of the variance that is left in each window, or :data:`ALL_LEFT`."""
    rows, columns = _blocks(planes)
    if (rows - 1) * (columns - 1) < FEWEST or min(rows, columns) < 2:
        return NOTHING
    low, key = np.empty((rows, columns), np.float32), np.empty((rows - 1, columns - 1), np.float32)
    kernels.lows(planes, n, low)
    count = kernels.keys(low, left, np.float32(LEAST_KEPT), key)
    if count < FEWEST:
        return NOTHING
    last = max(FEWEST, int(FLATTEST * count)) - 1
    bound = np.partition(key, last, axis=None)[last]
    total, hits = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.int32)
    sums, squares = np.zeros((2, kernels.BLOCK, kernels.BLOCK))
    kernels.weigh(key, bound, left, total, hits)
    blocks = kernels.uppers(planes, n, total, hits, sums, squares)
    return _judged(sums / blocks, squares / blocks, blocks)


def _judged(powers: NDArray[np.float64], squares: NDArray[np.float64], blocks: int) -> Flat:
    """Return strength and doubt from the mean power and the mean squared power of each coefficient."""
    power = float(powers[HIGH].mean())
    if power <= 1e-6:
        return Flat(0.0, 0.0, blocks, 0.0)
    upper, fourth = powers[UPPER], squares[UPPER]
    kurtosis = float(fourth.mean()) / float(upper.mean()) ** 2  # 3 for normally distributed values of equal strength
    unequal = float(np.log(upper + 1e-9).var()) - 2.0 / blocks  # less what chance makes of equal strengths
    uneven = max(float((fourth / np.square(upper + 1e-9)).mean()) - 3.0, 0.0)
    return Flat(power, max(kurtosis - 3.0, LEAST_EXCESS) + 2.0 * max(unequal, 0.0) ** 0.5, blocks, uneven)
