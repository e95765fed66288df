"""An image as its file keeps it, and the planes that the methods compute on.

A file has 8 or 16 bits and one channel or three, and a denoised one keeps both. In here that is an array of ``uint8`` or ``uint16``,
shape (height, width, 1 or 3), RGB. Planes are ``float32`` on the scale of 8 bits, 0 to 255, whatever the depth: one grey level, the
unit of every strength of noise, is then the same for both.
"""

import numpy as np
from numpy.typing import NDArray

from datatools.images import Levels as Levels

Planes = NDArray[np.float32]


def step(image: Levels) -> int:
    """Return how many of the file's levels make one grey level of 8 bits: 1, or 257 at 16 bits (65535 = 255 x 257)."""
    return int(np.iinfo(image.dtype).max) // 255


def to_planes(image: Levels) -> Planes:
    """Return the image as float32, 0 to 255, same shape."""
    return np.multiply(image, np.float32(1 / step(image)), dtype=np.float32)


def to_levels(planes: Planes, like: Levels) -> Levels:
    """Return planes at the depth of ``like``: clipped, rounded to the nearest level."""
    levels = np.rint(np.clip(planes, np.float32(0.0), np.float32(255.0)) * np.float32(step(like)))
    return np.asarray(levels, dtype=like.dtype)
