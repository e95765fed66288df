"""The small picture on which a candidate pair is compared."""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datatools import images
from datatools.errors import ImageError
from datatools.fingerprints import turn
from datatools.images import RGB

SIDES = ((96, 128), (48, 64), (0, 32))  # from this short side on, a thumbnail has that side
BLOCK = 8  # pixels of a JPEG block
STEPS = BLOCK * BLOCK
HEAD = struct.Struct(">IIH")


@dataclass(frozen=True)
class Thumbnail:
    """A square reduction by area averaging, and what is known of the loss in its file.

    Attributes:
        pixels: shape (n, n, 3), uint8, RGB; n is 128, or less for images with a short side below 96. It is compared at n / 2, so
            that a crop can be moved by fractions of a pixel.
        width: of the image, pixels.
        height: of the image, pixels.
        steps: the 64 quantisation steps of luma by frequency, row by row, where the file is a JPEG; else zeros.
    """

    pixels: RGB
    width: int
    height: int
    steps: NDArray[np.uint16]

    @property
    def side(self) -> float:
        """Return the square root of the image's pixel count."""
        return math.sqrt(self.width * self.height)

    def at(self, n: int) -> RGB:
        """Return the pixels at side ``n``, a power of two not above their own."""
        if len(self.pixels) <= n:
            return self.pixels
        return np.asarray(cv2.resize(self.pixels, (n, n), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def turned(self, orientation: int) -> "Thumbnail":
        """Return the thumbnail of the image in one of ``datatools.fingerprints.ORIENTATIONS``."""
        size = (self.height, self.width) if orientation & 4 else (self.width, self.height)
        steps = self.steps.reshape(BLOCK, BLOCK).T.ravel() if orientation & 4 else self.steps
        pixels = np.ascontiguousarray(turn(self.pixels, orientation))
        return Thumbnail(np.asarray(pixels, dtype=np.uint8), *size, steps)

    def loss(self, reduction: float) -> float:
        """Return what quantisation may have changed, root mean square in grey levels, in an image reduced by a factor.

        A coefficient that is rounded to multiples of q has an error of q^2 / 12; reduction by r averages out frequencies from 8 / r on.
        """
        kept = np.arange(BLOCK) < BLOCK / min(max(reduction, 1.0), BLOCK)
        low = self.steps.reshape(BLOCK, BLOCK)[np.ix_(kept, kept)].astype(np.float64)
        return float(np.sqrt((low**2).sum() / 12 / STEPS))

    def to_bytes(self) -> bytes:
        """Return the thumbnail as bytes for the cache."""
        return (
            HEAD.pack(self.width, self.height, len(self.pixels))
            + self.steps.astype(">u2").tobytes()
            + self.pixels.tobytes()
        )

    @staticmethod
    def from_bytes(data: bytes) -> "Thumbnail":
        """Return what :meth:`to_bytes` wrote."""
        width, height, n = HEAD.unpack_from(data)
        steps = np.frombuffer(data, dtype=">u2", offset=HEAD.size, count=STEPS).astype(np.uint16)
        pixels = np.frombuffer(data, dtype=np.uint8, offset=HEAD.size + 2 * STEPS).reshape(n, n, 3)
        return Thumbnail(pixels, width, height, steps)


def thumbnail(image: RGB, steps: NDArray[np.uint16] | None = None) -> Thumbnail:
    """Return the thumbnail of an image, shape (height, width, 3)."""
    height, width = image.shape[:2]
    n = next(side for least, side in SIDES if min(height, width) >= least)
    pixels = cv2.resize(image, (n, n), interpolation=cv2.INTER_AREA)
    none = np.zeros(STEPS, dtype=np.uint16)
    return Thumbnail(np.asarray(pixels, dtype=np.uint8), width, height, none if steps is None else steps)


def of_bytes(data: bytes, name: str) -> Thumbnail:
    """Return the thumbnail of a file's bytes, upright by its EXIF orientation.

    Raises:
        ImageError: they cannot be read as an image.
    """
    picture = images.opened(data, name)
    return thumbnail(images.pixels(picture, data, name), quantisation(picture))


def of_file(path: str) -> Thumbnail:
    """Return the thumbnail of a file.

    Raises:
        ImageError: the file cannot be read.
    """
    try:
        return of_bytes(Path(path).read_bytes(), path)
    except OSError as error:
        raise ImageError("missing", f"{path}: cannot be opened ({error.strerror})") from None


def quantisation(picture: Image.Image) -> NDArray[np.uint16]:
    """Return the luma table of a JPEG, row by row; zeros for everything else."""
    tables = getattr(picture, "quantization", None)
    if not tables:
        return np.zeros(STEPS, dtype=np.uint16)
    return np.asarray(tables[min(tables)], dtype=np.uint16)
