"""Impulse noise (salt and pepper): single values at the end of the range, unlike all their neighbours."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools.denoise import impulse_kernels as kernels
from datatools.denoise.levels import Levels, step

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Shape = tuple[int, int, int]

SALT, PEPPER = 251, 4
LEAST_JUMP = 40  # grey levels between an impulse and its neighbours
REPAIR_JUMP = 12  # the same once there are known to be some: to miss one costs more than to touch a value too much
NOISE_JUMP, REPAIR_NOISE_JUMP = 2.5, 2.0  # or so many standard deviations of the other noise, whichever is more
COMPANIONS = 1  # of its eight neighbours may be like it. The pixels of a thin line have two: stripes are not noise
MOST_COMPANIONS = 4
MARGIN = 4  # grey levels outside its neighbours' differences to the other channels that make a value an impulse
NOISE_MARGIN = 2.0  # or this many standard deviations
MISSED = 0.0005  # share of the impulses that may have too many companions by chance
PASSES = 4
SWEEPS = 3
LEAST_INNER = 0.02  # share of squares without a value at an end that is enough to go by
DETAIL_SIGMA = 10.0  # noise of this strength halves the trust in fine detail
MOST_FOUND = 0.36  # share of impulses from which on fewer stand alone the more there are
# What tells impulses from content. Measured on photos with 1 % and more of them, and on drawn, posterised and sharpened ones.
LEAST_WITHIN = 0.15  # share of the values that lie within the range; below, the image is drawn in black and white
BAND = 32  # grey levels from an end
MOST_NEAR = 0.45  # values that stand alone in it, as a part of those that do at the ends. Photos: .44, sharpened: .59
FEW_LEVELS, IN_FEW = 8, 0.9  # share of the values in so few levels that makes it a palette
MOST_LONE = 0.3  # of a palette, values that stand alone anywhere, as a part of the same. Posterised photos: .6


class _Search(NamedTuple):
    """An image laid out flat, what is known of its values, and the places that are still suspect."""

    levels: Levels
    shape: Shape
    state: NDArray[np.uint8]
    suspects: Places


def impulses(image: Levels, sigma: float = 0.0, least_jump: float = LEAST_JUMP) -> Mask:
    """Return which values are impulses, shape of ``image``.

    An impulse lies at an end of the range and apart from all but one of its eight neighbours (their ordered differences: Garnett
    et al., "A universal noise removal algorithm", IEEE TIP 14(11), 2005).

    Args:
        sigma: rough strength of the Gaussian noise beside them, in grey levels.
        least_jump: see :data:`LEAST_JUMP`.
    """
    search = _search(image)
    _judge(search, max(least_jump, NOISE_JUMP * sigma), COMPANIONS, -1.0)
    return _mask(search)


def repair(image: Levels, mask: Mask, sigma: float = 0.0) -> Levels:
    """Return the image with the values in ``mask`` replaced by what surrounds them, all others untouched.

    First by a mean of the nearest sound values; a value with none within 8 pixels is left. Then, a few times over, by the surface
    through the eight neighbours plus the fine detail of the other channels where these are sound at that pixel: the difference of two
    channels is smooth in photos, so per-value noise is repaired to within about one grey level.

    Args:
        sigma: strength of the other noise, in grey levels: detail is trusted less where there is much of it.
    """
    levels, (height, width, depth) = image.flatten(), image.shape
    state = np.where(mask, np.uint8(kernels.BAD), np.uint8(kernels.SOUND)).reshape(-1)
    _repair(levels, (height, width, depth), state, np.flatnonzero(state), sigma)
    return levels.reshape(image.shape)


def cleaned(image: Levels, sigma: float = 0.0) -> tuple[Levels, Mask]:
    """Return the image with its impulses found and repaired, all other values untouched, and which values they were.

    Several passes: with their surroundings repaired, impulses that touched stand alone. How many neighbours may be alike then follows
    from the share that stood alone at first: where there are many impulses, many touch. Up to half of the values may be impulses.

    Args:
        sigma: strength of the other noise, in grey levels.
    """
    search = _search(image.copy())
    jump, margin = max(REPAIR_JUMP, REPAIR_NOISE_JUMP * sigma), max(MARGIN, NOISE_MARGIN * sigma)
    search, new = _judge(search, jump, COMPANIONS, margin)
    # Never from what later passes found: on a drawing each of them would allow the next to find more.
    bad, allowed = new, companions(share_by_alone(len(new) / max(image.size, 1)))
    for _ in range(1, PASSES):
        kernels.fill(search.levels, search.shape, search.state, new)
        search, new = _judge(search, jump, allowed, margin)
        if not len(new):
            break
        bad = np.concatenate([bad, new])
    _repair(search.levels, search.shape, search.state, bad, sigma)
    return search.levels.reshape(image.shape), _mask(search)


def companions(share: float) -> int:
    """Return how many of eight neighbours may be impulses of the same end, if ``share`` of all values are impulses."""
    one, chance = share / 2, (1 - share / 2) ** 8
    count, rest = 0, 1 - chance
    while rest > MISSED and count < MOST_COMPANIONS:
        chance *= (8 - count) / (count + 1) * one / (1 - one)
        count, rest = count + 1, rest - chance
    return max(count, COMPANIONS)


def share_by_alone(alone: float) -> float:
    """Return the share of impulses of which ``alone``, as a share of all values, have at most one companion of the same end."""
    shares = np.linspace(0, MOST_FOUND, 200)
    one = shares / 2
    return float(np.interp(alone, shares * (1 - one) ** 7 * (1 + 7 * one), shares))


def by_chance(repaired: Levels, mask: Mask, found: int, sigma: float = 0.0) -> bool:
    """Return whether impulses were thrown on an image, and are not what it shows: print, dots of a dither, sharpened edges.

    What stands alone in an image by itself does so at all levels, impulses do at the ends of the range only. An image without other
    levels gives no answer, and so counts as one that shows them.

    Args:
        repaired: the image without the impulses, see :func:`cleaned`.
        mask: which they were, in the shape of the image.
        found: how many :func:`impulses` finds.
        sigma: strength of the other noise, in grey levels.
    """
    scale, levels = step(repaired), np.ascontiguousarray(repaired).reshape(-1)
    height, width, depth = repaired.shape
    bins = np.zeros(256, np.int64)
    ends = PEPPER * scale, SALT * scale
    distances = BAND * scale, int(max(LEAST_JUMP, NOISE_JUMP * sigma) * scale)
    lone, near = kernels.count_lone(levels, (height, width, depth), mask.reshape(-1), *ends, *distances, bins)
    few = np.sort(bins)[-FEW_LEVELS:].sum() > IN_FEW * bins.sum()
    drawn = bins.sum() < LEAST_WITHIN * levels.size or (few and lone > MOST_LONE * found)
    return not drawn and near <= MOST_NEAR * found


def rough_sigma(image: Levels) -> float:
    """Return the strength of noise by the median absolute diagonal detail (Donoho and Johnstone, Biometrika 81(3), 1994).

    Texture raises it; impulses do not, since squares that hold a value at an end of the range do not count while there are others.
    Good enough for a threshold.
    """
    levels, scale = np.ascontiguousarray(image).reshape(-1), step(image)
    height, width, depth = image.shape
    counts = np.zeros((2, 2 * 255 * scale + 1), np.int64)
    kernels.count_diagonals(levels, (height, width, depth), PEPPER * scale, SALT * scale, counts)
    inner, at_ends = counts
    used = np.cumsum(inner if inner.sum() >= LEAST_INNER * counts.sum() else inner + at_ends)
    return float(np.searchsorted(used, used[-1] / 2)) / (2 * scale * 0.6745)


def _search(image: Levels) -> _Search:
    levels = np.ascontiguousarray(image).reshape(-1)
    height, width, depth = image.shape
    state, found = np.zeros(levels.shape, np.uint8), np.empty(levels.shape, np.int64)
    low, high = PEPPER * step(image), SALT * step(image)
    count = kernels.scan(levels, (height, width, depth), low, high, state, found)
    return _Search(levels, (height, width, depth), state, found[:count])


def _mask(search: _Search) -> Mask:
    mask: Mask = (search.state == kernels.BAD).reshape(search.shape)
    return mask


def _judge(search: _Search, jump: float, companions: int, margin: float) -> tuple[_Search, Places]:
    """Return the search with the suspects that are left, and the places of new impulses. Both distances are in grey levels."""
    scale, bad = step(search.levels), np.empty_like(search.suspects)
    limits = int(jump * scale), companions, int(margin * scale)
    stayed, went = kernels.judge(search.levels, search.shape, search.state, search.suspects, *limits, bad)
    return search._replace(suspects=search.suspects[:stayed]), bad[:went]


def _repair(levels: Levels, shape: Shape, state: NDArray[np.uint8], bad: Places, sigma: float) -> None:
    """Write over the bad values of an image laid out flat, from the sound ones alone."""
    kernels.fill(levels, shape, state, bad)
    smoothness = sigma**2 / (sigma**2 + DETAIL_SIGMA**2)
    for _ in range(SWEEPS):
        kernels.refine(levels, shape, state, bad, float(np.iinfo(levels.dtype).max), smoothness)
