"""The compiled loops behind :mod:`datatools.augment.reinhard`: sRGB of 8 bits to CIELAB and back.

Cube root and gamma come from tables with straight lines in between: good to .003 units of CIELAB and .005 grey levels, where OpenCV's
are off by up to .4 and 1.2, so that an image that is turned into CIELAB and back is the image itself.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Pixels = NDArray[np.uint8]  # (N, 3)
Float = NDArray[np.float64]
Three = tuple[Any, Any, Any]

STEPS = 4096  # of a table: two of 16 KiB lie in a processor's nearest memory
HALF = 0.5 + 2.0**-20  # a value halfway between two levels is rounded up, whatever its last bit

# IEC 61966-2-1: linear RGB to XYZ, here divided by the white, so that a grey has three equal values.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
FORTH = TO_XYZ / TO_XYZ.sum(axis=1, keepdims=True)
BACK = np.linalg.inv(FORTH)
KNEE = 6 / 29  # CIE 15:2004: below it the cube root is a straight line


def _root(values: Float) -> Float:
    """Return CIELAB's cube root."""
    return np.where(values > KNEE**3, np.cbrt(values), values / (3 * KNEE**2) + 4 / 29)


def _linear(values: Float) -> Float:
    """Return light, in [0, 1], of sRGB values in [0, 1]."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _encoded(values: Float) -> Float:
    """Return sRGB in [0, 1] of light in [0, 1]."""
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


GRID = np.append(np.arange(STEPS + 1) / STEPS, 1.0)  # the last entry is the end of a line that has no length
LIGHT = _linear(np.arange(256) / 255.0)
ROOTS = _root(GRID).astype(np.float32)
CODES = (255.0 * _encoded(GRID)).astype(np.float32)


def _loop(function: Loop) -> Loop:
    # numpy's division: Python's looks for a zero first, and a loop that may raise is not vectorised.
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_loop
def _between(table: NDArray[np.float32], value: float) -> float:
    place = min(max(value, 0.0), 1.0) * STEPS
    low = np.uint32(place)  # unsigned: a signed index is first looked at for a minus
    return float(table[low]) + (place - low) * (float(table[low + 1]) - float(table[low]))


@_loop
def _lab(red: int, green: int, blue: int) -> Three:
    r, g, b = LIGHT[red], LIGHT[green], LIGHT[blue]
    x = _between(ROOTS, FORTH[0, 0] * r + FORTH[0, 1] * g + FORTH[0, 2] * b)
    y = _between(ROOTS, FORTH[1, 0] * r + FORTH[1, 1] * g + FORTH[1, 2] * b)
    z = _between(ROOTS, FORTH[2, 0] * r + FORTH[2, 1] * g + FORTH[2, 2] * b)
    return 116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)


@_loop
def _cube(value: float) -> float:
    return value * value * value if value > KNEE else 3.0 * KNEE * KNEE * (value - 4.0 / 29.0)


@_loop
def _rgb(lightness: float, red_green: float, yellow_blue: float) -> Three:
    root = (lightness + 16.0) / 116.0
    x, y, z = _cube(root + red_green * (1 / 500)), _cube(root), _cube(root - yellow_blue * (1 / 200))
    return (
        _between(CODES, BACK[0, 0] * x + BACK[0, 1] * y + BACK[0, 2] * z),
        _between(CODES, BACK[1, 0] * x + BACK[1, 1] * y + BACK[1, 2] * z),
        _between(CODES, BACK[2, 0] * x + BACK[2, 1] * y + BACK[2, 2] * z),
    )


@_loop
def sums(pixels: Pixels) -> tuple[Float, Float]:
    """Return the sums of L*, a* and b* over the pixels, and those of their squares, shape (3,) each."""
    p = q = r = pp = qq = rr = 0.0
    for row in range(len(pixels)):
        x, y, z = _lab(pixels[row, 0], pixels[row, 1], pixels[row, 2])
        p, q, r = p + x, q + y, r + z
        pp, qq, rr = pp + x * x, qq + y * y, rr + z * z
    return np.array([p, q, r]), np.array([pp, qq, rr])


@_loop
def moved(pixels: Pixels, mean: Float, scale: Float, wanted: Float) -> Pixels:
    """Return the pixels after ``scale (x - mean) + wanted`` in each channel of CIELAB, rounded and clipped."""
    out = np.empty_like(pixels)
    for row in range(len(pixels)):
        x, y, z = _lab(pixels[row, 0], pixels[row, 1], pixels[row, 2])
        red, green, blue = _rgb(
            scale[0] * (x - mean[0]) + wanted[0],
            scale[1] * (y - mean[1]) + wanted[1],
            scale[2] * (z - mean[2]) + wanted[2],
        )
        out[row, 0], out[row, 1], out[row, 2] = np.uint8(red + HALF), np.uint8(green + HALF), np.uint8(blue + HALF)
    return out
