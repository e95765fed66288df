"""Where one picture lies in another that is a little larger: the crop's place, by least squares on small luma planes.

Lucas and Kanade's registration ("An iterative image registration technique with an application to stereo vision", IJCAI 1981), with
gain and offset among the unknowns. A crop of a few per cent and its original differ by a shift and a scale along each axis. Both
planes are blurred first: a crop's pixels cover other areas than its original's, and what is finer than two pixels says more
of that than of the place. Places and sizes are in units of half the side, from -1 (first edge) to 1 (last edge).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.compiled import compiled

Plane = NDArray[np.float32]
Place = NDArray[np.float64]  # shift and relative scale along x, the same along y

COARSEST = 16
FARTHEST = 0.16  # a shift of 8 % of the side, or a scale of 16 %
STRIDE = 0.1  # per step
LEAST_OVERLAP = 0.6
DAMPING = 1e-3
FIRST_STEPS, MORE_STEPS = 5, 3
AROUND = 0.035  # of the first guesses


def _starts() -> Place:
    """No shift, and crops that lie in each corner: flat drawings and regular grids lead a single start astray."""
    corners = [[AROUND * x, -AROUND, AROUND * y, -AROUND] for x in (-1, 1) for y in (-1, 1)]
    return np.array([[0.0] * 4, *corners])


STARTS = _starts()


@compiled
def align(one: Plane, other: Plane) -> tuple[Place, float]:
    """Return the place p for which ``other(x) ~ gain * one(x + p0 + p1 x) + offset``, and the correlation there.

    Args:
        one: luma, shape (n, n), n a power of two from 16 on.
        other: the same.
    """
    left, right = one, other
    while left.shape[0] > COARSEST:
        left, right = halved(left), halved(right)
    place, correlation = _first_guess(blurred(left), blurred(right))
    side = 2 * left.shape[0]
    while side <= one.shape[0]:
        left, right = one, other
        while left.shape[0] > side:
            left, right = halved(left), halved(right)
        place, correlation = _descend(blurred(left), blurred(right), place, MORE_STEPS)
        side *= 2
    return place, correlation


@compiled
def _first_guess(one: Plane, other: Plane) -> tuple[Place, float]:
    best, place = -2.0, STARTS[0].copy()
    for start in range(STARTS.shape[0]):
        found, correlation = _descend(one, other, STARTS[start].copy(), FIRST_STEPS)
        if correlation > best:
            best, place = correlation, found
    return place, best


@compiled
def _descend(one: Plane, other: Plane, place: Place, steps: int) -> tuple[Place, float]:
    """Take Gauss-Newton steps; the correlation is that of the last place it was computed for."""
    correlation = -1.0
    for _ in range(steps):
        normal, right, correlation = _equations(one, other, place)
        if correlation <= -1.0:
            break
        solution = _solved(normal, right)
        gain = solution[4]
        if abs(gain) < 0.05:
            break
        for k in range(4):
            step = min(max(solution[k] / gain, -STRIDE), STRIDE)
            place[k] = min(max(place[k] + step, -FARTHEST), FARTHEST)
    return place, correlation


@compiled
def _equations(one: Plane, other: Plane, place: Place) -> tuple[Any, Any, float]:
    """Return the normal equations for shift and scale (times gain), gain and offset, and the correlation of the overlap."""
    n = one.shape[0]
    normal, right, row = np.zeros((6, 6)), np.zeros(6), np.zeros(6)
    total, square, count = 0.0, 0.0, 0
    for y in range(n):
        v = (2 * y + 1) / n - 1.0
        along = (v + place[2] + place[3] * v + 1.0) * n / 2 - 0.5
        top = int(np.floor(along))
        if top < 0 or top > n - 2:
            continue
        lower = along - top
        for x in range(n):
            u = (2 * x + 1) / n - 1.0
            across = (u + place[0] + place[1] * u + 1.0) * n / 2 - 0.5
            left = int(np.floor(across))
            if left < 0 or left > n - 2:
                continue
            _jacobian(one, top, left, lower, across - left, u, v, row)
            value = other[y, x]
            for i in range(6):
                right[i] += row[i] * value
                for j in range(i, 6):
                    normal[i, j] += row[i] * row[j]
            total += value
            square += value * value
            count += 1
    if count < LEAST_OVERLAP * n * n:
        return normal, right, -1.0
    correlation = _correlation(normal, right, total, square, count)
    _complete(normal)
    return normal, right, correlation


@compiled
def _jacobian(
    one: Plane, top: int, left: int, lower: float, further: float, u: float, v: float, row: NDArray[np.float64]
) -> None:
    a, b = one[top, left], one[top, left + 1]
    c, d = one[top + 1, left], one[top + 1, left + 1]
    half = one.shape[0] / 2
    slope_x = ((b - a) * (1 - lower) + (d - c) * lower) * half
    slope_y = ((c - a) * (1 - further) + (d - b) * further) * half
    row[0], row[1] = slope_x, slope_x * u
    row[2], row[3] = slope_y, slope_y * v
    row[4] = (a * (1 - further) + b * further) * (1 - lower) + (c * (1 - further) + d * further) * lower
    row[5] = 1.0


@compiled
def _correlation(normal: Any, right: Any, total: float, square: float, count: int) -> float:
    mean = normal[4, 5] / count
    spread = (normal[4, 4] - count * mean * mean) * (square - total * total / count)
    return float((right[4] - mean * total) / np.sqrt(max(spread, 1e-9)))


@compiled
def _complete(normal: Any) -> None:
    """Fill the lower half, and damp the geometry: a plain picture says nothing of its place."""
    trace = 0.0
    for i in range(6):
        for j in range(i):
            normal[i, j] = normal[j, i]
    for i in range(4):
        trace += normal[i, i] / 4
    for i in range(4):
        normal[i, i] += DAMPING * trace + 1e-6
    normal[4, 4] += 1e-6
    normal[5, 5] += 1e-6


@compiled
def _solved(normal: Any, right: Any) -> Any:
    """Solve the damped normal equations by elimination: they are positive definite, and LAPACK would treble the time to compile."""
    n = len(right)
    for i in range(n):
        for k in range(i + 1, n):
            factor = normal[k, i] / normal[i, i]
            right[k] -= factor * right[i]
            for j in range(i, n):
                normal[k, j] -= factor * normal[i, j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            right[i] -= normal[i, j] * right[j]
        right[i] /= normal[i, i]
    return right


@compiled
def halved(plane: Plane) -> Plane:
    """Return a plane at half the side, by the mean of four pixels."""
    n = plane.shape[0] // 2
    small = np.empty((n, n), np.float32)
    for y in range(n):
        for x in range(n):
            rows = plane[2 * y, 2 * x] + plane[2 * y, 2 * x + 1] + plane[2 * y + 1, 2 * x] + plane[2 * y + 1, 2 * x + 1]
            small[y, x] = rows * np.float32(0.25)
    return small


@compiled
def blurred(plane: Plane) -> Plane:
    """Return a plane smoothed by 1 2 1 along both axes; border pixels repeat."""
    n = plane.shape[0]
    across, both = np.empty((n, n), np.float32), np.empty((n, n), np.float32)
    for y in range(n):
        for x in range(n):
            sides = plane[y, max(x - 1, 0)] + plane[y, min(x + 1, n - 1)]
            across[y, x] = (sides + 2 * plane[y, x]) * np.float32(0.25)
    for y in range(n):
        for x in range(n):
            sides = across[max(y - 1, 0), x] + across[min(y + 1, n - 1), x]
            both[y, x] = (sides + 2 * across[y, x]) * np.float32(0.25)
    return both
