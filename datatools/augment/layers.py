"""Reading cut-outs. The pixels that earlier stages keep are opaque, so transparency comes from the original file."""

from pathlib import Path

import numpy as np
from PIL import Image

from datatools.augment.copy_paste import trimmed
from datatools.errors import DataError
from datatools.images import RGBA, layer


def is_cutout(path: str) -> bool:
    """Return whether some pixels of a file are wholly transparent, and others are not; raises ImageError where it cannot be read."""
    found = layer(Path(path))
    return found is not None and bool((found[:, :, 3] == 0).any() and found[:, :, 3].any())


def load(path: str, max_side: int) -> RGBA:
    """Return what is seen of a cut-out, shrunk so that no side is longer than ``max_side`` pixels.

    Raises:
        ImageError: the file cannot be read.
        DataError: it has no transparency.
    """
    found = layer(Path(path))
    if found is None:
        raise DataError(f"{path}: is no cut-out any more, since nothing in it is transparent; run: dvc repro")
    return shrunk(trimmed(found), max_side)


def shrunk(cutout: RGBA, max_side: int) -> RGBA:
    """Return a cut-out with its longer side at most ``max_side``; one that is small enough stays as it is."""
    height, width = cutout.shape[:2]
    scale = max_side / max(height, width, 1)
    if scale >= 1:
        return cutout
    # Pillow weighs colours by their alpha, so that what is hidden in transparent pixels stays out of the edge.
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(cutout).resize(size, Image.Resampling.BOX), dtype=np.uint8)
