"""The loops behind :mod:`datatools.denoise.dct`: thresholds on the cosine transforms of all 8 x 8 blocks of a plane.

Blocks overlap in all but one row or column, which is what the speed comes from: the transform of a column of eight pixels is shared by
the eight blocks that hold it, and the results of neighbouring blocks are added up before the column is transformed back. Along a row
the blocks are worked on 64 at a time, side by side, which is what a processor's vector units are for: every inner loop runs over
neighbouring blocks, at distances that the compiler knows.

Sums are added in a fixed order and nothing is contracted (no ``fastmath``), so that every machine gives the same pixels.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Plane = NDArray[np.float32]  # (height, width)
Values = NDArray[np.float32]  # (64,), row by row
Eight = tuple[Any, Any, Any, Any, Any, Any, Any, Any]

SIDE = 8
BLOCKS = 64  # side by side
ROW = BLOCKS + SIDE  # of a buffer that holds the columns of so many blocks
SHIFTED = BLOCKS + 2 * SIDE  # of one whose values are read at eight shifts, with zeros at both ends

HALF = np.float32(math.cos(math.pi / 4))
INNER = np.float32(math.cos(3 * math.pi / 8))
MINUS = np.float32(math.cos(math.pi / 8) - math.cos(3 * math.pi / 8))
PLUS = np.float32(math.cos(math.pi / 8) + math.cos(3 * math.pi / 8))
ONE, NOTHING = np.float32(1.0), np.float32(0.0)


def _loop(function: Loop) -> Loop:
    # numpy's division: Python's looks for a zero first, and a loop that may raise is not vectorised.
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def _inlined(function: Loop) -> Loop:
    # Distances between buffers are constants only in the caller; unknown ones would keep the compiler from vectorising.
    return cast(Loop, numba.njit(nogil=True, error_model="numpy", inline="always")(function))


@_inlined
def _transform(x: Eight) -> Eight:
    """Return the cosine transform of eight values, each but for a factor (Arai, Agui and Nakajima, Trans. IEICE E71, 1988).

    29 additions and 5 multiplications; the factors are part of the limits.
    """
    s0, d0, s1, d1 = x[0] + x[7], x[0] - x[7], x[1] + x[6], x[1] - x[6]
    s2, d2, s3, d3 = x[2] + x[5], x[2] - x[5], x[3] + x[4], x[3] - x[4]
    a, b, c, d = s0 + s3, s0 - s3, s1 + s2, s1 - s2
    z = (d + b) * HALF
    t0, t1, t2 = d3 + d2, (d2 + d1) * HALF, d1 + d0
    turned = (t0 - t2) * INNER
    p, q = MINUS * t0 + turned, PLUS * t2 + turned
    u, v = d0 + t1, d0 - t1
    return a + c, u + q, b + z, v - p, a - c, v + p, b - z, u - q


@_inlined
def _transposed(x: Eight) -> Eight:
    """Return what the transpose of :func:`_transform` gives: its steps backwards."""
    a, c = x[0] + x[4], x[0] - x[4]
    d = (x[2] - x[6]) * HALF
    b = x[2] + x[6] + d
    s0, s3, s1, s2 = a + b, a - b, c + d, c - d
    u, q, v, p = x[1] + x[7], x[1] - x[7], x[5] + x[3], x[5] - x[3]
    t1 = (u - v) * HALF
    turned = (p + q) * INNER
    t0, t2 = MINUS * p + turned, PLUS * q - turned
    d0, d1, d2 = u + v + t2, t1 + t2, t0 + t1
    return s0 + d0, s1 + d1, s2 + d2, s3 + t0, s3 - t0, s2 - d2, s1 - d1, s0 - d0


@_inlined
def _eight(values: Any, at: int, apart: int) -> Eight:
    return (
        values[at],
        values[at + apart],
        values[at + 2 * apart],
        values[at + 3 * apart],
        values[at + 4 * apart],
        values[at + 5 * apart],
        values[at + 6 * apart],
        values[at + 7 * apart],
    )


@_inlined
def _put(values: Any, at: int, apart: int, x: Eight) -> None:
    values[at] = x[0]
    values[at + apart] = x[1]
    values[at + 2 * apart] = x[2]
    values[at + 3 * apart] = x[3]
    values[at + 4 * apart] = x[4]
    values[at + 5 * apart] = x[5]
    values[at + 6 * apart] = x[6]
    values[at + 7 * apart] = x[7]


@_inlined
def _times(x: Eight, y: Eight) -> Eight:
    return x[0] * y[0], x[1] * y[1], x[2] * y[2], x[3] * y[3], x[4] * y[4], x[5] * y[5], x[6] * y[6], x[7] * y[7]


@_inlined
def _plus(x: Eight, y: Eight) -> Eight:
    return x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3], x[4] + y[4], x[5] + y[5], x[6] + y[6], x[7] + y[7]


@_inlined
def _over(x: Eight, y: Eight) -> Eight:
    return x[0] / y[0], x[1] / y[1], x[2] / y[2], x[3] / y[3], x[4] / y[4], x[5] / y[5], x[6] / y[6], x[7] / y[7]


@_inlined
def _all(x: Any) -> Eight:
    return x, x, x, x, x, x, x, x


@_inlined
def _reaches(x: Any, limit: Any) -> Any:
    return ONE if abs(x) >= limit else NOTHING


@_inlined
def _reach(x: Eight, y: Eight) -> Eight:
    return (
        _reaches(x[0], y[0]),
        _reaches(x[1], y[1]),
        _reaches(x[2], y[2]),
        _reaches(x[3], y[3]),
        _reaches(x[4], y[4]),
        _reaches(x[5], y[5]),
        _reaches(x[6], y[6]),
        _reaches(x[7], y[7]),
    )


@_inlined
def _columns(plane: Any, top: int, left: int, width: int, rows: Any, out: Any) -> None:
    """Transform the columns of eight pixels below ``top``."""
    for row in range(SIDE):
        for x in range(width):
            rows[row * ROW + x] = plane[top + row, left + x]
    for x in range(width):
        _put(out, x, ROW, _transform(_eight(rows, x, ROW)))


@_inlined
def _keep_the_strong(columns: Any, row: int, limits: Any, count: int, found: Any, kept: Any) -> None:
    """Transform one row of coefficients of neighbouring blocks, and keep those that reach their limits."""
    limit = _eight(limits, row * SIDE, 1)
    for x in range(count):
        block = _transform(_eight(columns, row * ROW + x, 1))
        share = _reach(block, limit)
        _put(found, row * SIDE * BLOCKS + x, BLOCKS, _times(block, share))
        kept[x] += _sum(share)


@_inlined
def _keep_by_power(columns: Any, piloted: Any, row: int, noise: Any, count: int, found: Any, kept: Any) -> None:
    power = _eight(noise, row * SIDE, 1)
    for x in range(count):
        guide = _transform(_eight(piloted, row * ROW + x, 1))
        signal = _times(guide, guide)
        share = _over(signal, _plus(signal, power))
        block = _transform(_eight(columns, row * ROW + x, 1))
        _put(found, row * SIDE * BLOCKS + x, BLOCKS, _times(block, share))
        kept[x] += _sum(_times(share, share))


@_inlined
def _rows_back(found: Any, weights: Any, factors: Any, count: int, shifted: Any, out: Any) -> None:
    """Transform the blocks' rows back, and add up what they say of each column."""
    for row in range(SIDE):
        scale = _eight(factors, row * SIDE, 1)
        for x in range(count):
            weighed = _times(scale, _all(weights[x]))
            block = _times(_eight(found, row * SIDE * BLOCKS + x, BLOCKS), weighed)
            _put(shifted, SIDE - 1 + x, SHIFTED, _transposed(block))
        for shift in range(SIDE):
            for x in range(count + SIDE - 1, count + 2 * SIDE - 2):
                shifted[shift * SHIFTED + x] = NOTHING
        for x in range(count + SIDE - 1):
            out[row * ROW + x] = _sum(_eight(shifted, SIDE - 1 + x, SHIFTED - 1))


@_inlined
def _sum(x: Eight) -> Any:
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))


@_inlined
def _columns_back(columns: Any, width: int, rows: Any, out: Any, top: int, left: int) -> None:
    for x in range(width):
        _put(rows, x, ROW, _transposed(_eight(columns, x, ROW)))
    for row in range(SIDE):
        for x in range(width):
            out[top + row, left + x] += rows[row * ROW + x]


@_inlined
def _spread(weights: Any, count: int, shifted: Any, out: Any, top: int, left: int) -> None:
    """Add up the weights of the blocks that hold each column."""
    for x in range(count):
        shifted[SIDE - 1 + x] = weights[x]
    for x in range(count + SIDE - 1, count + 2 * SIDE - 2):
        shifted[x] = NOTHING
    for x in range(count + SIDE - 1):
        out[top, left + x] += _sum(_eight(shifted, SIDE - 1 + x, -1))


@_inlined
def _divide(out: Any, weights: Any) -> None:
    """Divide each pixel by the weights of the blocks that hold it; ``weights`` are summed along the rows so far."""
    height, width = out.shape
    total = np.empty(width, np.float32)
    for y in range(height):
        total[:] = NOTHING
        for top in range(max(0, y - SIDE + 1), min(y, height - SIDE) + 1):
            for x in range(width):
                total[x] += weights[top, x]
        for x in range(width):
            out[y, x] /= total[x]


@_loop
def shrunk(plane: Plane, pilot: Plane, limits: Values, factors: Values, by_power: bool, step: int) -> Plane:
    """Return the plane with the coefficients of its blocks shrunk; where blocks overlap, the sparser ones count more.

    Args:
        plane: at least 8 x 8.
        pilot: same shape: the plane, nearly free of noise. It is read only where ``by_power``.
        limits: 64 values, on the scale of the transform: the least magnitude that is kept or, where ``by_power``, the power of the
            noise, against which the pilot's power is held (Wiener's filter).
        factors: 64 values: what each coefficient has to be multiplied with on its way there and back.
        step: rows from one block to the next below; along a row there is a block at every pixel.
    """
    height, width = plane.shape
    out, total = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    rows, columns, piloted = (
        np.empty(SIDE * ROW, np.float32),
        np.empty(SIDE * ROW, np.float32),
        np.empty(SIDE * ROW, np.float32),
    )
    found, kept = np.empty(SIDE * SIDE * BLOCKS, np.float32), np.empty(BLOCKS, np.float32)
    shifted = np.zeros(SIDE * SHIFTED, np.float32)
    for top in range(height - SIDE + 1):
        if top % step and top < height - SIDE:
            continue
        for left in range(0, width - SIDE + 1, BLOCKS):
            count = min(BLOCKS, width - SIDE + 1 - left)
            _columns(plane, top, left, count + SIDE - 1, rows, columns)
            kept[:] = NOTHING
            if by_power:
                _columns(pilot, top, left, count + SIDE - 1, rows, piloted)
                for row in range(SIDE):
                    _keep_by_power(columns, piloted, row, limits, count, found, kept)
            else:
                for row in range(SIDE):
                    _keep_the_strong(columns, row, limits, count, found, kept)
            for x in range(count):
                kept[x] = ONE / max(kept[x], ONE)
            _rows_back(found, kept, factors, count, shifted, columns)
            _columns_back(columns, count + SIDE - 1, rows, out, top, left)
            _spread(kept, count, shifted, total, top, left)
    _divide(out, total)
    return out
