"""The compiled loops of the estimate of sigma. All of them are in this file, since numba's cache notices a change of one file only.

Blocks are 4 x 4 values of one plane, side by side; a window is 2 x 2 of them. ``planes`` has the shape (height, width, n), float32.
"""

from typing import Any

import numba
import numpy as np

BLOCK = 4
HALF = np.float32(0.5)
LONG, SHORT = np.float32(0.6532814824), np.float32(0.2705980501)  # cos(pi / 8) and cos(3 pi / 8), times sqrt(1 / 2)


@numba.njit(inline="always")
def _transform(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return the orthonormal cosine transform (DCT-II) of four values."""
    outer, inner, rise, bend = a + d, b + c, a - d, b - c
    return (
        HALF * (outer + inner),
        LONG * rise + SHORT * bend,
        HALF * (outer - inner),
        SHORT * rise - LONG * bend,
    )


@numba.njit(inline="always")
def _row(planes: Any, y: Any, x: Any, n: Any) -> Any:
    return _transform(planes[y, x, n], planes[y, x + 1, n], planes[y, x + 2, n], planes[y, x + 3, n])


@numba.njit(cache=True, nogil=True)
def lows(planes: Any, n: Any, out: Any) -> None:
    """Write the power of each block at the five lowest frequencies, its mean left out; ``out``: shape (rows, columns) of blocks."""
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            y, x = row * BLOCK, column * BLOCK
            a, b, c, d = (
                _row(planes, y, x, n),
                _row(planes, y + 1, x, n),
                _row(planes, y + 2, x, n),
                _row(planes, y + 3, x, n),
            )
            _, down1, down2, _ = _transform(a[0], b[0], c[0], d[0])
            right1, both, _, _ = _transform(a[1], b[1], c[1], d[1])
            right2 = HALF * (a[2] + b[2] + c[2] + d[2])
            out[row, column] = down1 * down1 + down2 * down2 + right1 * right1 + both * both + right2 * right2


@numba.njit(cache=True, nogil=True)
def keys(low: Any, left: Any, least: Any, out: Any) -> Any:
    """Write the low power of each window over the share of its variance that is left, infinite where that is below ``least``.

    Return how many windows count. ``left`` and ``out`` have the shape (rows - 1, columns - 1); an empty ``left`` means all of it.
    """
    count = 0
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            share = left[row, column] if left.size else np.float32(1)
            if share < least:
                out[row, column] = np.inf
                continue
            pairs = low[row, column] + low[row, column + 1] + low[row + 1, column] + low[row + 1, column + 1]
            out[row, column] = pairs / share
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def weigh(key: Any, bound: Any, left: Any, total: Any, hits: Any) -> None:
    """Add the share that is left in each window of a key up to ``bound`` to its four blocks, and count these windows per block."""
    for row in range(key.shape[0]):
        for column in range(key.shape[1]):
            if key[row, column] <= bound:
                share = left[row, column] if left.size else np.float32(1)
                for block in range(4):
                    total[row + block // 2, column + block % 2] += share
                    hits[row + block // 2, column + block % 2] += 1


@numba.njit(cache=True, nogil=True)
def uppers(planes: Any, n: Any, total: Any, hits: Any, sums: Any, squares: Any) -> Any:
    """Add up the powers of the ten frequencies from 3 on, of the blocks that were hit, each over its mean share that is left.

    ``sums`` and ``squares``, of the powers and of their squares: float64, shape (4, 4), row by vertical frequency; those below 3 stay as
    they are. Return the number of blocks.
    """
    count = 0
    for row in range(hits.shape[0]):
        for column in range(hits.shape[1]):
            if not hits[row, column]:
                continue
            y, x, share = row * BLOCK, column * BLOCK, total[row, column] / np.float32(hits[row, column])
            a, b, c, d = (
                _row(planes, y, x, n),
                _row(planes, y + 1, x, n),
                _row(planes, y + 2, x, n),
                _row(planes, y + 3, x, n),
            )
            for u in range(4):
                down = _transform(a[u], b[u], c[u], d[u])
                for v in range(3 - u, 4):
                    power = down[v] * down[v] / share
                    sums[v, u] += power
                    squares[v, u] += power * power
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def leave(mask: Any, table: Any, weights: Any, out: Any) -> None:
    """Write the share of the variance that is left in each window of each plane; ``out``: shape (planes, rows - 1, columns - 1), zeros.

    Args:
        mask: shape (height, width, channels).
        table: what is left in a channel by the number of true values in its window, 65 shares.
        weights: of the channels in the variance of each plane, shape (planes, channels).
    """
    counts = np.empty((out.shape[1] + 1, out.shape[2] + 1), np.int32)
    for channel in range(mask.shape[2]):
        counts[:] = 0
        for y in range(counts.shape[0] * BLOCK):
            for x in range(counts.shape[1] * BLOCK):
                counts[y // BLOCK, x // BLOCK] += mask[y, x, channel]
        for row in range(out.shape[1]):
            for column in range(out.shape[2]):
                share = table[
                    counts[row, column]
                    + counts[row, column + 1]
                    + counts[row + 1, column]
                    + counts[row + 1, column + 1]
                ]
                for plane in range(out.shape[0]):
                    out[plane, row, column] += share * weights[plane, channel]
