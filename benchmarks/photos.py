"""Photos to measure speed on, made of the two sets of small photos beside the project.

Small and big ones are mosaics of clothing photos at two and four times their size, with the grain of a sensor, saved as a camera saves
them: JPEG of quality 90, chroma halved. So they have a photo's content and .19 to .24 bytes a pixel; what they show is no matter. Many
tiny ones are crops of clothing and of hands that show digits: 64 to 100 pixels, no two of them the same part of a photo.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools import images, seeds
from datatools.images import RGB

STORE = (
    Path(__file__).resolve().parent.parent / ".toolkit"
)  # where files are made: git ignores it, and /tmp may lie in memory
CLOTHING, DIGITS = Path("../shared/data/clothing"), Path("../shared/data/sign_digits")
GRAIN = 3.0  # grey levels, standard deviation
QUALITY, LOWER_QUALITY = 90, 60
TILE = 128  # pixels: the short side of a clothing photo
SMALL = (470, 400)  # height, width
BIG = ((1664, 2496), (2448, 3264), (3000, 4000), (3648, 5472), (3840, 5760))  # 4, 8, 12, 20 and 22 megapixels
TINY = (64, 100)  # pixels, sides of the crops
OVERLAP = 0.62  # of two crops, at most: the intersection of their areas by the union
PARTS, DIGIT_PARTS, FEWER = 36, 14, 1.6  # of one photo, at most; by which factor there may be fewer
TRIES = 12  # for each
COPIES = 100  # one of so many tiny photos has a copy
FOLDER = 10_000  # files


def sources() -> list[Path]:
    """Return the files of the clothing photos, sorted; none where they are not there."""
    return sorted(CLOTHING.glob("*/*.jpg"))


def small(folder: Path, count: int) -> list[Path]:
    """Write photos of 400 x 470 pixels into a folder."""
    return _write(folder, [SMALL] * count, 2)


def big(folder: Path, count: int) -> list[Path]:
    """Write photos of 4 to 22 megapixels into a folder."""
    return _write(folder, [BIG[number % len(BIG)] for number in range(count)], 4)


class Part(NamedTuple):
    """A tiny file: of which photo it is a part, and which file it is a copy of."""

    path: Path
    photo: int
    original: Path | None


def tiny(folder: Path, count: int) -> list[Part]:
    """Write so many files, copies among them, into folders below ``folder``.

    Every other copy has its original's bytes, the rest are encoded again at a lower quality.

    Raises:
        ValueError: the photos have not so many parts.
    """
    found: list[Part] = []
    for data, photo, copy in islice(_with_copies(_parts(count)), count):
        path = folder / f"{len(found) // FOLDER:02d}" / f"{len(found):07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        found.append(Part(path, photo, found[-1].path if copy else None))
    if len(found) < count:
        raise ValueError(f"the photos have {len(found)} parts, not {count}")
    return found


def _with_copies(pictures: Iterator[tuple[RGB, int]]) -> Iterator[tuple[bytes, int, bool]]:
    for number, (picture, photo) in enumerate(pictures):
        yield _jpeg(picture, QUALITY), photo, False
        if number % COPIES == 0:
            yield _jpeg(picture, LOWER_QUALITY if number // COPIES % 2 else QUALITY), photo, True


def _parts(count: int) -> Iterator[tuple[RGB, int]]:
    """Yield parts of as few photos as ``count`` needs, from all over the sets, with the number of the photo."""
    files = [(path, PARTS) for path in sources()] + [(path, DIGIT_PARTS) for path in sorted(DIGITS.rglob("*.JPG"))]
    step = max(1, int(sum(parts for _, parts in files) / FEWER / count))
    for number, (path, parts) in enumerate(files[::step]):
        photo, rng = images.read(path), seeds.generator(0, "benchmark", "parts", number)
        for top, left, bottom, right in _boxes(photo.shape[0], photo.shape[1], parts, rng):
            yield np.ascontiguousarray(photo[top:bottom, left:right]), number


def _boxes(height: int, width: int, count: int, rng: np.random.Generator) -> list[list[int]]:
    """Return tops, lefts, bottoms and rights, no two of which overlap much."""
    size = np.minimum(rng.integers(*TINY, (TRIES * count, 2), endpoint=True), (height, width))
    corner = rng.integers(0, np.array([height, width]) - size, endpoint=True)
    overlap = _overlaps(corner, corner + size)
    found: list[int] = []
    for box in range(len(size)):
        if len(found) < count and (overlap[box, found] <= OVERLAP).all():
            found.append(box)
    chosen: list[list[int]] = np.hstack([corner, corner + size])[found].tolist()
    return chosen


def _overlaps(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the intersection by the union of each two boxes, given as two corners, shape (N, 2) each; shape (N, N)."""
    sides = np.minimum(last[:, None], last) - np.maximum(first[:, None], first)
    both = np.clip(sides, 0, None).prod(axis=2)
    areas = (last - first).prod(axis=1)
    return np.asarray(both / (areas[:, None] + areas - both))


def _write(folder: Path, sizes: Sequence[tuple[int, int]], factor: int) -> list[Path]:
    folder.mkdir(parents=True)
    files = sources()
    paths = []
    for number, (height, width) in enumerate(sizes):
        rng = seeds.generator(0, "benchmark", "photos", factor, number)
        across, down = -(-width // (TILE * factor)), -(-height // (TILE * factor))
        chosen = [images.read(files[k]) for k in rng.choice(len(files), across * down)]
        photo = _mosaic(chosen, across, factor)[:height, :width]
        paths.append(folder / f"{number:05d}.jpg")
        paths[-1].write_bytes(_jpeg(_grainy(photo, rng), QUALITY))
    return paths


def _mosaic(photos: Sequence[RGB], across: int, factor: int) -> RGB:
    side = TILE * factor
    tiles = [cv2.resize(photo[:TILE, :TILE], (side, side), interpolation=cv2.INTER_CUBIC) for photo in photos]
    rows = [np.hstack(tiles[start : start + across]) for start in range(0, len(tiles), across)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)


def _grainy(photo: RGB, rng: np.random.Generator) -> RGB:
    """Add the same grain to each channel. One strip of it serves a whole photo: its statistics are what costs a decoder time."""
    strip = rng.normal(0, GRAIN, (257, photo.shape[1])).astype(np.int16)
    grain = np.tile(strip, (-(-photo.shape[0] // len(strip)), 1))[: photo.shape[0], :, None]
    return np.asarray(np.clip(photo + grain, 0, 255), dtype=np.uint8)


def _jpeg(picture: RGB, quality: int) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
