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


def png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def resized(picture: Picture, scale: float) -> Picture:
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def cropped(picture: Picture, left: float, right: float, top: float, bottom: float) -> Picture:
    """Return a picture without these shares of its sides."""
    height, width = picture.shape[:2]
    rows = slice(round(top * height), height - round(bottom * height))
    return np.ascontiguousarray(picture[rows, round(left * width) : width - round(right * width)])


def brightened(picture: Picture, factor: float) -> Picture:
    return np.clip(picture * factor, 0, 255).astype(np.uint8)


def copies(picture: Picture) -> dict[str, bytes]:
    """Return the files that a picture becomes on its way through the world."""
    return {
        **{f"q{quality}": jpeg(picture, quality) for quality in (30, 50, 70, 90)},
        "half": jpeg(resized(picture, 0.5), 85),
        "three quarters": jpeg(resized(picture, 0.75), 85),
        "double": jpeg(resized(picture, 2), 85),
        "crop of a corner": jpeg(cropped(picture, 0, 0.04, 0.03, 0), 85),
        "crop of all sides": jpeg(cropped(picture, 0.02, 0.02, 0.025, 0.02), 85),
        "brighter": jpeg(brightened(picture, 1.2), 85),
        "darker": jpeg(brightened(picture, 0.8), 85),
    }


def pairs(*found: tuple[int, int]) -> Pairs:
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    return Pairs(table[:, 0], table[:, 1], np.ones(len(table), dtype=np.int64))
