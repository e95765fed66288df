"""The compiled loops behind :mod:`datatools.augment.whitening`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Pixels = NDArray[np.uint8]  # (N, 3)
Float = NDArray[np.float64]

BLOCK = 65536  # pixels whose squares, 255^2 at most, add up to less than 2^32
HALF = 0.5 + 2.0**-20  # a pixel halfway between two levels is rounded up, whatever the last bit of its sum


def _loop(function: Loop) -> Loop:
    # numpy's division: Python's looks for a zero first, and a loop that may raise is not vectorised.
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_loop
def moments(pixels: Pixels) -> tuple[Float, Float]:
    """Return the sums of the channels, shape (3,), and of their products, shape (3, 3); exact up to 10^11 pixels."""
    sums, products = np.zeros(3), np.zeros((3, 3))
    for start in range(0, len(pixels), BLOCK):
        _add(pixels[start : start + BLOCK], sums, products)
    for row in range(3):
        for column in range(row):
            products[row, column] = products[column, row]
    return sums, products


@_loop
def _add(pixels: Pixels, sums: Float, products: Float) -> None:
    r = g = b = rr = gg = bb = rg = rb = gb = np.uint32(0)
    for row in range(len(pixels)):
        red, green, blue = np.uint32(pixels[row, 0]), np.uint32(pixels[row, 1]), np.uint32(pixels[row, 2])
        r, g, b = np.uint32(r + red), np.uint32(g + green), np.uint32(b + blue)
        rr, gg, bb = np.uint32(rr + red * red), np.uint32(gg + green * green), np.uint32(bb + blue * blue)
        rg, rb, gb = np.uint32(rg + red * green), np.uint32(rb + red * blue), np.uint32(gb + green * blue)
    sums += np.array([r, g, b], np.float64)
    products[0] += np.array([rr, rg, rb], np.float64)
    products[1, 1:] += np.array([gg, gb], np.float64)
    products[2, 2] += bb


@_loop
def mapped(pixels: Pixels, matrix: Float, offset: Float) -> Pixels:
    """Return ``matrix x + offset`` of each pixel, rounded and clipped."""
    out = np.empty_like(pixels)
    for row in range(len(pixels)):
        red, green, blue = np.float64(pixels[row, 0]), np.float64(pixels[row, 1]), np.float64(pixels[row, 2])
        for channel in range(3):
            value = matrix[channel, 0] * red + matrix[channel, 1] * green + matrix[channel, 2] * blue + offset[channel]
            out[row, channel] = np.uint8(min(max(value + HALF, 0.0), 255.0))
    return out
