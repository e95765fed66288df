"""The small picture on which a candidate pair is compared."""

import math
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools import images
from datatools.images import RGB

SIDES = (64, 32, 16)
UNITS = 256  # per grey level: rounding to whole levels is as large as the difference between two distinct solar cells
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue; BT.601, as in JPEG
DARKEST, BRIGHTEST = 3.0, 252.0  # a level outside may have been clipped

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Thumbnail:
    """A square reduction by area averaging.

    Attributes:
        pixels: shape (n, n, 3), uint16, RGB in 1/256 grey levels; n is 64, or less where the image's short side is below 128,
            so that at least four pixels go into one and a resampled copy does not differ by aliasing alone.
        side: square root of the image's pixel count.
    """

    pixels: NDArray[np.uint16]
    side: float

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """The pixels in grey levels, shape (n * n, 3)."""
        return np.multiply(self.pixels.reshape(-1, 3), np.float32(1 / UNITS), dtype=np.float32)

    @cached_property
    def unsaturated(self) -> NDArray[np.bool_]:
        """Which values a change of brightness cannot have clipped, shape as ``levels``."""
        return (self.levels > DARKEST) & (self.levels < BRIGHTEST)

    @cached_property
    def luma(self) -> Plane:
        """The luma plane, shape (n, n)."""
        return luma(self.levels)

    @cached_property
    def edges(self) -> Plane:
        """How strong the edges are in each window: the root mean square gradient, in levels per pixel."""
        return window_rms(_gradient(self.luma))

    @cached_property
    def smaller(self) -> "Thumbnail":
        """The same at half the side."""
        n = len(self.pixels) // 2
        blocks = self.pixels.reshape(n, 2, n, 2, 3).astype(np.uint32).sum(axis=(1, 3))
        return Thumbnail(((blocks + 2) // 4).astype(np.uint16), self.side)

    def at(self, n: int) -> "Thumbnail":
        """Return the thumbnail at side ``n``, by halving."""
        return self if len(self.pixels) <= n else self.smaller.at(n)

    def to_bytes(self) -> bytes:
        """Return the thumbnail as bytes for the cache."""
        return struct.pack(">dH", self.side, len(self.pixels)) + self.pixels.astype(">u2").tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> "Thumbnail":
        """Return what :meth:`to_bytes` wrote."""
        side, n = struct.unpack_from(">dH", data)
        pixels = np.frombuffer(data, dtype=">u2", offset=10).reshape(n, n, 3)
        return Thumbnail(pixels.astype(np.uint16), side)


def thumbnail(image: RGB) -> Thumbnail:
    """Return the thumbnail of an image."""
    height, width = image.shape[:2]
    n = next((side for side in SIDES if 2 * side <= min(height, width)), SIDES[-1])
    pixels = cv2.resize(image.astype(np.uint16) * UNITS, (n, n), interpolation=cv2.INTER_AREA)
    return Thumbnail(np.asarray(pixels, dtype=np.uint16), float(np.sqrt(height * width)))


def of_file(path: str) -> Thumbnail:
    """Return the thumbnail of a file, upright by its EXIF orientation.

    Raises:
        ImageError: the file cannot be read.
    """
    return thumbnail(images.read(Path(path)))


def luma(levels: Plane) -> Plane:
    """Return the luma plane of levels, (n * n, 3) to (n, n)."""
    red, green, blue = map(np.float32, LUMA)
    n = math.isqrt(len(levels))
    plane: Plane = levels[:, 0] * red + levels[:, 1] * green + levels[:, 2] * blue
    return plane.reshape(n, n)


def window_means(plane: Plane) -> Plane:
    """Return the mean over every window of an eighth of the side that lies inside."""
    window = max(len(plane) // 8, 4)
    means = cv2.boxFilter(plane, -1, (window, window), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    inside = len(plane) - window + 1
    return np.asarray(means[:inside, :inside], dtype=np.float32)


def window_rms(plane: Plane) -> Plane:
    """Return the root mean square over the windows of :func:`window_means`."""
    # A running sum in float32 can end a hair below zero.
    return np.sqrt(np.maximum(window_means(plane * plane), np.float32(0.0)))


def _gradient(plane: Plane) -> Plane:
    """Return the magnitude of the gradient by central differences; border pixels repeat."""
    padded = np.pad(plane, 1, mode="edge")
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    right = padded[1:-1, 2:] - padded[1:-1, :-2]
    magnitude: Plane = np.hypot(down, right) / np.float32(2.0)
    return magnitude
