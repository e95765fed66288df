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

    Several passes: with their surroundings repaired, impulses that touched stand alone. How many neighbours may be alike follows from
    the share found so far: where there are many impulses, many touch. Up to half of the values may be impulses.

    Args:
        sigma: strength of the other noise, in grey levels.
    """
    search = _search(image.copy())
    jump, margin = max(REPAIR_JUMP, REPAIR_NOISE_JUMP * sigma), max(MARGIN, NOISE_MARGIN * sigma)
    bad = np.empty(0, np.int64)
    for _ in range(PASSES):
        search, new = _judge(search, jump, companions(len(bad) / max(image.size, 1)), margin)
        if not len(new):
            break
        bad = np.concatenate([bad, new])
        kernels.fill(search.levels, search.shape, search.state, new)
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
