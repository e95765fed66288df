"""Copies as people make them who augment a folder before they split it: flipped, turned, shifted, zoomed and lit otherwise, all at once."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks import copies
from datatools import images, seeds

TURN = 20.0  # degrees, at most; drawn evenly, as all of these
SHIFT, ZOOM, LIGHT = 0.1, 0.1, 0.2  # shares of the side, the size and the light, at most
Random = np.random.Generator
Make = Callable[[bytes, Random], bytes]


def resaved(data: bytes, random: Random) -> bytes:
    """Return the photo after one thing that happens to files: saved again, resized, trimmed, brightened, mirrored or turned."""
    kinds = {**copies.PLAIN, **copies.TURNED}
    return kinds[list(kinds)[int(random.integers(len(kinds)))]](copies.opened(data), random)


def distorted(data: bytes, random: Random) -> bytes:
    """Return the photo after random geometry and light, the ranges those of many a tutorial, as PNG."""
    photo = images.decode(data, "photo")
    height, width = photo.shape[:2]
    turn, zoom = random.uniform(-TURN, TURN), random.uniform(1 - ZOOM, 1 + ZOOM)
    place = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom), dtype=np.float64)
    place[:, 2] += random.uniform(-SHIFT, SHIFT, 2) * np.array([width, height])
    moved = cv2.warpAffine(photo, place, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if random.random() < 0.5:
        moved = moved[:, ::-1]
    lit = np.clip(np.rint(moved * random.uniform(1 - LIGHT, 1 + LIGHT)), 0, 255).astype(np.uint8)
    return images.encode_png(lit)


def write(make: Make, sources: list[Path], each: int, folder: Path) -> list[Path]:
    """Write ``each`` copies of every photo into a folder; the copies of one photo lie together, in the order of the photos."""
    written = []
    for source in sources:
        data = source.read_bytes()
        for number in range(each):
            target = folder / f"{source.stem}_{number}.img"  # what a file is, its content says
            target.write_bytes(make(data, seeds.generator(0, "augmented", source.name, number)))
            written.append(target)
    return written
