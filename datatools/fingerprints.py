"""What tells whether two files show one picture, at a glance: two hashes in all eight orientations, from a small grey plane.

The hashes are pHash and dHash as imagehash defines them, computed by linear algebra: reduction (Lanczos) and cosine transform are
one matrix per side, so that a plane of 100 x 120 takes some ten microseconds. From the plane of a full decode they
differ from imagehash's in about .1 of 64 bits, because the steps in between are not rounded; from one reduced to a short side of 64
to 127 pixels in about 1 bit. Exactly imagehash's are ``datatools.dedup.phash`` and ``datatools.dedup.dhash``.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools import images

Grey = NDArray[np.uint8]
Words = NDArray[np.uint64]
Matrix = NDArray[np.float32]

SIDE = 64  # a plane's short side is at least this, and less than twice as much, where the image is large enough
LOW, REDUCED = 8, 32
LONGEST = 512
TILE = 32
PIECE = 1024  # tiles
LANCZOS = 3  # lobes
# A frequency's step: a wave of 1/128 grey level. Plain and symmetric pictures have zeros, and what rounding makes of these is no sign.
STEP = np.float32(8.0)

# How an image is turned: transpose it first where the third bit is set, then flip rows (second bit), then columns (first bit).
ORIENTATIONS = (
    "upright",
    "mirrored",
    "upside_down_mirrored",
    "turned_180",
    "transposed",
    "turned_right",
    "turned_left",
    "transversed",
)


class Fingerprint(NamedTuple):
    """The hashes of an image.

    Attributes:
        phash: shape (8,), 64 bits each: the hash of the image in each of :data:`ORIENTATIONS`.
        dhash: the same for the gradient hash.
        tile: shape (32, 32): the grey image reduced to a square by area averaging. It settles most candidates without another decode.
    """

    phash: Words
    dhash: Words
    tile: Grey

    @property
    def contrast(self) -> float:
        """Return the standard deviation of the tile: 0 for a plain surface, about 50 for a photo.

        On the tile, so that noise on a plain surface does not pass for a picture.
        """
        return float(contrast(self.tile[None])[0])

    def to_bytes(self) -> bytes:
        """Return the fingerprint as 1,152 bytes, for the store."""
        return to_bytes(self.phash) + to_bytes(self.dhash) + self.tile.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> "Fingerprint":
        """Return what :meth:`to_bytes` wrote."""
        phash, dhash = from_bytes([data[:64], data[64:128]])
        return Fingerprint(phash, dhash, tiles([data[128:]])[0])


def plane(grey: Grey) -> Grey:
    """Return a grey image, shape (height, width), reduced by a whole factor to a short side of 64 to 127 pixels."""
    factor = max(min(grey.shape) // SIDE, 1)
    # A strip of one by a million pixels must not need a matrix of that length.
    size = (min(max(1, grey.shape[1] // factor), LONGEST), min(max(1, grey.shape[0] // factor), LONGEST))
    if size == grey.shape[::-1]:
        return grey
    if factor >= 4 and not (grey.shape[0] | grey.shape[1]) & 1:
        # Means of 2 x 2 pixels are a tenth of the cost of averaging by fractions, and change .1 bit.
        grey = np.asarray(cv2.resize(grey, (0, 0), fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def of_bytes(data: bytes, name: str, max_pixels: int | None = None) -> Fingerprint:
    """Return the fingerprint of a file's bytes, upright by its EXIF orientation.

    A JPEG is decoded at the smallest scale that leaves a plane its size, and only its luma: a fraction of a decode.

    Raises:
        ImageError: as ``datatools.images.read``; ``name`` is used in its message only.
    """
    picture = images.opened(data, name, max_pixels)
    picture.draft("L", (SIDE, SIDE))
    shown = images.pixels(picture, data, name, SIDE)
    return fingerprint(plane(np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), dtype=np.uint8)))


def fingerprint(grey: Grey) -> Fingerprint:
    """Return the fingerprint of a grey plane, shape (height, width), from :func:`plane` or a reduced decode."""
    height, width = grey.shape
    levels = grey.astype(np.float32)
    rows = _rows(height) @ levels
    low = rows[:LOW] @ _frequencies(width).T
    # Rounded as imagehash's planes are: what differs by less than a level is no gradient.
    across = np.rint(rows[LOW : 2 * LOW] @ _means(width, LOW + 1).T)
    down = np.rint(rows[2 * LOW :] @ _means(width, LOW).T)
    steps = np.concatenate(((across[:, 1:] - across[:, :-1]).ravel(), (down[1:] - down[:-1]).T.ravel()))
    return Fingerprint(_phashes(np.rint(low.ravel() / STEP)), _packed(steps[_STEPS] * _STEP_SIGNS > 0), _tile(levels))


def turn(image: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Return an image, rows and columns first, in one of :data:`ORIENTATIONS`; a view."""
    turned = image.swapaxes(0, 1) if orientation & 4 else image
    turned = turned[::-1] if orientation & 2 else turned
    return turned[:, ::-1] if orientation & 1 else turned


def inverse(orientation: int) -> int:
    """Return the orientation that undoes one: only the two quarter turns undo each other, the rest undo themselves."""
    return {5: 6, 6: 5}.get(orientation, orientation)


def to_bytes(hashes: Words) -> bytes:
    """Return hashes as bytes, first bit first, for a table."""
    return hashes.astype(">u8").tobytes()


def from_bytes(rows: list[bytes]) -> Words:
    """Return the hashes of N images, shape (N, 8), from what :func:`to_bytes` wrote."""
    table = np.frombuffer(b"".join(rows), dtype=">u8").reshape(len(rows), len(ORIENTATIONS))
    return table.astype(np.uint64)


def tiles(rows: list[bytes]) -> Grey:
    """Return the tiles of N images, shape (N, 32, 32), from the bytes of each."""
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), TILE, TILE)


def contrast(tiles: Grey) -> NDArray[np.float64]:
    """Return the contrast of tiles, shape (N, 32, 32), in grey levels; shape (N,)."""
    flat = tiles.reshape(len(tiles), TILE * TILE)
    # Some at a time: in floats they take eight times the memory, and leave the processor's cache.
    parts = [flat[k : k + PIECE].std(axis=1, dtype=np.float64) for k in range(0, len(flat), PIECE)]
    return np.concatenate([np.zeros(0), *parts])


def _tile(levels: Matrix) -> Grey:
    height, width = levels.shape
    if min(height, width) < TILE:
        return np.asarray(cv2.resize(levels, (TILE, TILE), interpolation=cv2.INTER_AREA)).round().astype(np.uint8)
    # OpenCV's takes twice as long, which is half of what all the rest takes.
    return np.rint(_areas(height) @ levels @ _areas(width).T).astype(np.uint8)


def _phashes(low: Matrix) -> Words:
    """Turning an image swaps its frequencies or changes the sign of the odd ones, so one transform serves all orientations."""
    turned = low[_PLACES] * _PLACE_SIGNS
    # The median of an even number of values is the mean of the middle two, as in numpy; partition is cheaper than sorting.
    half = turned.shape[1] // 2
    parted = np.partition(turned, (half - 1, half), axis=1)
    middle = (parted[:, half - 1] + parted[:, half]) / 2
    return _packed(turned > middle[:, None])


def _packed(bits: NDArray[np.bool_]) -> Words:
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).ravel()


def _turned_frequencies() -> tuple[NDArray[np.int64], Matrix]:
    """Return, for each orientation, from which frequency each of the 64 comes and with which sign; shapes (8, 64)."""
    places = np.arange(LOW * LOW).reshape(LOW, LOW)
    odd = np.where(np.arange(LOW) % 2, -1.0, 1.0)
    from_, signs = [], []
    for g in range(len(ORIENTATIONS)):
        from_.append((places.T if g & 4 else places).ravel())
        signs.append(((odd if g & 2 else odd**2)[:, None] * (odd if g & 1 else odd**2)[None, :]).ravel())
    return np.stack(from_), np.stack(signs).astype(np.float32)


def _turned_steps() -> tuple[NDArray[np.int64], Matrix]:
    """Return the same for the steps between neighbours: 64 across the image, then 64 down it (transposed)."""
    across = np.arange(LOW * LOW).reshape(LOW, LOW)
    from_ = [turn(across + (64 if g & 4 else 0), g & 3).ravel() for g in range(len(ORIENTATIONS))]
    signs = [np.full(LOW * LOW, -1.0 if g & 1 else 1.0) for g in range(len(ORIENTATIONS))]
    return np.stack(from_), np.stack(signs).astype(np.float32)


_PLACES, _PLACE_SIGNS = _turned_frequencies()
_STEPS, _STEP_SIGNS = _turned_steps()


@lru_cache(maxsize=4096)
def _rows(length: int) -> Matrix:
    """Return all that is done along the columns of an image, shape (25, length)."""
    return np.concatenate((_frequencies(length), _means(length, LOW), _means(length, LOW + 1)))


@lru_cache(maxsize=4096)
def _frequencies(length: int) -> Matrix:
    """Return the matrix, shape (8, length), from pixels to the eight lowest frequencies of their reduction to 32."""
    steps = np.arange(REDUCED)
    cosines = 2.0 * np.cos(np.pi * (2 * steps[None, :] + 1) * np.arange(LOW)[:, None] / (2 * REDUCED))
    return (cosines @ _lanczos(length, REDUCED)).astype(np.float32)


@lru_cache(maxsize=4096)
def _means(length: int, to: int) -> Matrix:
    return _lanczos(length, to).astype(np.float32)


@lru_cache(maxsize=4096)
def _areas(length: int) -> Matrix:
    """Return the matrix of averaging over areas, shape (32, length): how much of each pixel lies in each of 32 equal parts."""
    edges = np.arange(TILE + 1) * (length / TILE)
    pixel = np.arange(length)
    covered = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.asarray(np.clip(covered, 0, None) * (TILE / length), dtype=np.float32)


def _lanczos(length: int, to: int) -> NDArray[np.float64]:
    """Return the resampling matrix, shape (to, length), of Pillow's Lanczos filter: a windowed sinc, widened where it reduces."""
    scale = length / to
    width = max(scale, 1.0)
    centres = (np.arange(to) + 0.5) * scale
    distance = (np.arange(length)[None, :] + 0.5 - centres[:, None]) / width
    weights = np.where(np.abs(distance) < LANCZOS, np.sinc(distance) * np.sinc(distance / LANCZOS), 0.0)
    total: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return total
