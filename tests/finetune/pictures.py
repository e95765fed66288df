"""Pictures for the tests of finetune/: smooth, colourful, each one different."""

from pathlib import Path

import cv2
import numpy as np

from datatools import images
from datatools.images import RGB


def photos(count: int, height: int = 96, width: int = 128, seed: int = 0) -> list[RGB]:
    """Return random pictures with edges and colours."""
    rng = np.random.default_rng(seed)
    coarse = [rng.integers(0, 256, (6, 8, 3), dtype=np.uint8) for _ in range(count)]
    return [
        np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        for cells in coarse
    ]


def saved(pictures: list[RGB], folder: Path) -> list[Path]:
    """Write pictures as PNG and return their paths."""
    paths = [folder / f"{number:03d}.png" for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        images.write_bytes(path, images.encode_png(picture))
    return paths
