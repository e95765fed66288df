"""What the search needs to know of an image, in one decode."""

from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools import images
from datatools.dedup.dhash import DHash
from datatools.dedup.phash import PHash
from datatools.images import RGB

Hash = Annotated[PHash | DHash, Field(discriminator="method")]

CONTRAST_SIDE = 32


class Fingerprint(NamedTuple):
    """Hash as hex digits, first bit first, and contrast in grey levels."""

    hash: str
    contrast: float


def fingerprint(image: RGB, method: Hash) -> Fingerprint:
    """Return the fingerprint of an image."""
    return Fingerprint(np.packbits(method(image)).tobytes().hex(), contrast(image))


def of_file(path: str, method: Hash) -> Fingerprint:
    """Return the fingerprint of a file, upright by its EXIF orientation.

    Raises:
        ImageError: the file cannot be read.
    """
    return fingerprint(images.read(Path(path)), method)


def contrast(image: RGB) -> float:
    """Return the standard deviation of the image's grey levels at 32 x 32: 0 for a plain surface, about 50 for a photo.

    Reduced first, so that noise on a plain surface does not pass for a picture.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return round(float(cv2.resize(grey, (CONTRAST_SIDE, CONTRAST_SIDE), interpolation=cv2.INTER_AREA).std()), 4)


def words(hashes: list[str]) -> NDArray[np.uint64]:
    """Return hex hashes as words, shape (N, bits / 64), for :func:`datatools.dedup.search.pairs`."""
    data = b"".join(map(bytes.fromhex, hashes))
    big = np.frombuffer(data, dtype=">u8").reshape(len(hashes), -1) if hashes else np.empty((0, 1))
    return np.ascontiguousarray(big, dtype=np.uint64)


def reader(method: Hash) -> "partial[Fingerprint]":
    """Return :func:`of_file` with the method filled in, as worker processes can import it."""
    return partial(of_file, method=method)
