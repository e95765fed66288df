"""Pictures and their copies, for the tests of deduplication."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datatools.dedup.search import Pairs

Picture = NDArray[np.uint8]


def scene(seed: int, side: int = 160) -> Picture:
    """A smooth ground with a few hard shapes on it, as lightly coloured as photos are."""
    rng = np.random.default_rng(seed)
    coarse = colours(rng, 49).reshape(7, 7, 3)
    picture = np.ascontiguousarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC))
    for colour in colours(rng, 6).tolist():
        left, top, size = (rng.random(3) * side / 2).astype(int).tolist()
        cv2.rectangle(picture, (left, top), (left + size, top + size), colour, -1)
    return np.asarray(picture, dtype=np.uint8)


def colours(rng: np.random.Generator, count: int) -> Picture:
    return (rng.integers(50, 200, (count, 1)) + rng.integers(-25, 26, (count, 3))).astype(np.uint8)


def jpeg(picture: Picture, quality: int = 75) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def copies(picture: Picture) -> dict[str, Picture]:
    """Return what happens to pictures on their way through the world."""
    image = Image.fromarray(picture)
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
    return {
        "jpeg": np.asarray(Image.open(io.BytesIO(jpeg(picture)))),
        "half": np.asarray(half),
        "dark": (picture * 0.8).astype(np.uint8),
        "bright": np.clip(picture * 1.1, 0, 255).astype(np.uint8),
    }


def pairs(*found: tuple[int, int]) -> Pairs:
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    return Pairs(table[:, 0], table[:, 1], np.ones(len(table), dtype=np.int64))
