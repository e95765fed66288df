"""How two aligned pictures differ where they differ most.

A copy differs a little everywhere, most along edges (resampling, ringing); distinct pictures differ at one place where at least one of them
has no edge. So the darker picture is mapped onto the brighter by one gain and offset, and in each window the rest is held
against the edges that both have there. Pictures are float32 planes in grey levels, shape (n, n, 3) RGB or (n, n, 1) grey.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.compiled import compiled
from datatools.dedup.windows import Mask, Plane, means, squared_gradient

RED, GREEN, BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)  # BT.601, as in JPEG
DARKEST, BRIGHTEST = 3.0, 252.0  # a level outside may have been clipped
LEAST_UNSATURATED = 0.05  # of the values: below this share the saturated ones count too
BLACK, WHITE = np.float32(0.0), np.float32(255.0)


class Difference(NamedTuple):
    """How two pictures differ.

    Attributes:
        structure: most that any window differs beyond its edges, root mean square in grey levels.
        colour: most that red or blue, less luma, differ in the mean of any window, in grey levels.
        correlation: of the two luma planes, -1 to 1.
        gain: factor of brightness between them, 1 or more; 0 where one is the negative of the other.
    """

    structure: float
    colour: float
    correlation: float
    gain: float


@compiled
def compare(one: NDArray[np.float32], other: NDArray[np.float32], inside: Mask, edge_share: float) -> Difference:
    """Compare two pictures.

    Args:
        inside: where there is something to compare, shape (n, n).
        edge_share: of the root mean square gradient that both have in a window: what does not count.
    """
    gain, offset, swapped = _brightening(one, other, inside)
    if gain <= 0.0:
        return Difference(np.inf, np.inf, -1.0, 0.0)
    dark, bright = one, other
    if swapped:
        dark, bright = other, one
    predicted = _predicted(dark, np.float32(gain), np.float32(offset))
    expected, found = luma(predicted), luma(bright)
    structure = _structure(expected, found, squared_gradient(luma(dark)), gain * gain, inside, edge_share)
    colour = 0.0
    if one.shape[2] == 3:
        red = _tint(predicted, bright, expected, found, inside, 0)
        colour = max(red, _tint(predicted, bright, expected, found, inside, 2))
    return Difference(structure, colour, _correlation(expected, found, inside), max(gain, 1.0))


@compiled
def luma(picture: NDArray[np.float32]) -> Plane:
    """Return the luma plane."""
    n = picture.shape[0]
    plane = np.empty((n, n), np.float32)
    for y in range(n):
        for x in range(n):
            if picture.shape[2] == 1:
                plane[y, x] = picture[y, x, 0]
            else:
                plane[y, x] = picture[y, x, 0] * RED + picture[y, x, 1] * GREEN + picture[y, x, 2] * BLUE
    return plane


@compiled
def _brightening(one: NDArray[np.float32], other: NDArray[np.float32], inside: Mask) -> tuple[float, float, bool]:
    """Return gain and offset by least squares, and whether they lead from the second picture to the first.

    Of the two regressions it is the one with the larger gain, because levels can have been clipped in that direction, and the
    prediction is clipped too. Only values that are saturated in neither count, or all where these are too few.
    """
    count, sums = _sums(one, other, inside, False)
    if count < LEAST_UNSATURATED * one.size:
        count, sums = _sums(one, other, inside, True)
    if count == 0:
        return 0.0, 0.0, False
    x, y = sums[0] / count, sums[1] / count
    xx, yy = max(sums[2] - count * x * x, 1e-9), max(sums[3] - count * y * y, 1e-9)
    xy = sums[4] - count * x * y
    if xx <= yy:
        return xy / xx, y - xy / xx * x, False
    return xy / yy, x - xy / yy * y, True


@compiled
def _sums(
    one: NDArray[np.float32], other: NDArray[np.float32], inside: Mask, saturated: bool
) -> tuple[int, NDArray[np.float64]]:
    sums, count = np.zeros(5), 0
    for y in range(one.shape[0]):
        for x in range(one.shape[0]):
            if not inside[y, x]:
                continue
            for c in range(one.shape[2]):
                a, b = float(one[y, x, c]), float(other[y, x, c])
                if saturated or (DARKEST < a < BRIGHTEST and DARKEST < b < BRIGHTEST):
                    count += 1
                    sums[0] += a
                    sums[1] += b
                    sums[2] += a * a
                    sums[3] += b * b
                    sums[4] += a * b
    return count, sums


@compiled
def _predicted(dark: NDArray[np.float32], gain: np.float32, offset: np.float32) -> NDArray[np.float32]:
    found = np.empty_like(dark)
    for y in range(dark.shape[0]):
        for x in range(dark.shape[0]):
            for c in range(dark.shape[2]):
                found[y, x, c] = min(max(dark[y, x, c] * gain + offset, BLACK), WHITE)
    return found


@compiled
def _structure(expected: Plane, found: Plane, dark_edges: Plane, scale: float, inside: Mask, share: float) -> float:
    residual = _squared(expected, found)
    window = max(expected.shape[0] // 8, 4)
    rest = means(residual, inside, window)
    one, other = means(dark_edges, inside, window), means(squared_gradient(found), inside, window)
    worst = 0.0
    for y in range(rest.shape[0]):
        for x in range(rest.shape[0]):
            if rest[y, x] >= 0.0 or rest[y, x] < 0.0:  # not NaN
                # A running sum can end a hair below zero.
                edges = np.sqrt(max(min(one[y, x] * scale, other[y, x]), 0.0))
                worst = max(worst, np.sqrt(max(rest[y, x], 0.0)) - share * edges)
    return worst


@compiled
def _squared(one: Plane, other: Plane) -> Plane:
    rest = np.empty_like(one)
    for y in range(one.shape[0]):
        for x in range(one.shape[0]):
            rest[y, x] = (one[y, x] - other[y, x]) ** 2
    return rest


@compiled
def _tint(
    predicted: NDArray[np.float32], bright: NDArray[np.float32], expected: Plane, found: Plane, inside: Mask, c: int
) -> float:
    rest = np.empty_like(expected)
    for y in range(rest.shape[0]):
        for x in range(rest.shape[0]):
            rest[y, x] = predicted[y, x, c] - bright[y, x, c] - (expected[y, x] - found[y, x])
    shifts = means(rest, inside, max(expected.shape[0] // 8, 4))
    worst = 0.0
    for y in range(shifts.shape[0]):
        for x in range(shifts.shape[0]):
            if abs(shifts[y, x]) > worst:
                worst = abs(shifts[y, x])
    return worst


@compiled
def _correlation(one: Plane, other: Plane, inside: Mask) -> float:
    sums, count = np.zeros(5), 0
    for y in range(one.shape[0]):
        for x in range(one.shape[0]):
            if inside[y, x]:
                a, b = float(one[y, x]), float(other[y, x])
                count += 1
                sums[0] += a
                sums[1] += b
                sums[2] += a * a
                sums[3] += b * b
                sums[4] += a * b
    if count == 0:
        return -1.0
    spread = (sums[2] - sums[0] ** 2 / count) * (sums[3] - sums[1] ** 2 / count)
    return float((sums[4] - sums[0] * sums[1] / count) / np.sqrt(max(spread, 1e-9)))
