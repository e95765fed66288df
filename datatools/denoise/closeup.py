"""A window of an image in which one sees what denoising did: before, after, and the difference."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from datatools import images
from datatools.images import RGB

CELL, CELLS = 16, 5  # a window is 5 x 5 cells of 16 x 16 pixels
SIDE = CELL * CELLS
FACTORS = (16, 12, 8, 6, 4, 3, 2, 1)
ROOM = 110  # grey levels to either side of mid grey; 99 of 100 changed values stay within
LEAST_CONTRAST = 4.0  # grey levels; so that in an image without any detail the change alone decides

Plane = NDArray[np.float32]


class Closeup(NamedTuple):
    """The same window of two versions of an image.

    Attributes:
        before, after: at most 80 x 80 pixels.
        difference: after minus before, ``factor`` times, around mid grey.
        factor: whole number, so that it can be said.
    """

    before: RGB
    after: RGB
    difference: RGB
    factor: int


def of_files(paths: tuple[str, str]) -> Closeup:
    """Return the close-up of a file before and after; raises ImageError where one cannot be read."""
    before, after = (images.read(Path(path)) for path in paths)
    return closeup(before, after)


def of_file(path: str) -> RGB:
    """Return the window that tells most of a file that was left alone; raises ImageError where it cannot be read."""
    image = images.read(Path(path))
    return image[window(image, image)].copy()


def closeup(before: RGB, after: RGB) -> Closeup:
    """Return the window in which the difference tells most; the images have one shape."""
    where = window(before, after)
    one, other = before[where].copy(), after[where].copy()  # a view would keep the whole image in memory
    change = other.astype(np.int16) - one
    factor = _factor(change)
    return Closeup(one, other, np.clip(change * factor + 128, 0, 255).astype(np.uint8), factor)


def _factor(change: NDArray[np.int16]) -> int:
    sizes = np.abs(change[change != 0])  # of impulses, all that did not change would hide the few that did
    reach = float(np.quantile(sizes, 0.99)) if sizes.size else 0.0
    return next((number for number in FACTORS if number * reach <= ROOM), 1)


def window(before: RGB, after: RGB) -> tuple[slice, slice]:
    """Return the rows and columns of the window that tells most.

    That is where much changed, and where the clean version has both detail, which may have been lost, and flat ground, on which noise
    is seen. Both are judged by the standard deviation of its cells. An image that is smaller than a window is shown whole.
    """
    height, width = before.shape[:2]
    down, right = (min(CELLS, max(1, side // CELL)) for side in (height, width))
    grey, change = cv2.cvtColor(after, cv2.COLOR_RGB2GRAY), cv2.absdiff(before, after).max(axis=2)
    if min(height, width) < CELL:
        return slice(0, SIDE), slice(0, SIDE)
    spread = _deviation(grey)
    windows = sliding_window_view(spread, (down, right))
    contrast = windows.max(axis=(2, 3)) - windows.min(axis=(2, 3)) + LEAST_CONTRAST
    power = sliding_window_view(_means(np.square(change, dtype=np.float32)), (down, right)).mean(axis=(2, 3))
    # Where nothing changed the contrast decides alone.
    score = contrast * np.sqrt(power) if power.any() else contrast
    row, column = (int(at) * CELL for at in np.unravel_index(int(score.argmax()), score.shape))
    return _whole(row, height), _whole(column, width)


def _whole(start: int, side: int) -> slice:
    """Return the part of a side; what is left of it beyond the last whole cell belongs to an image that is shown whole."""
    start = max(0, min(start, side - SIDE))
    return slice(start, min(side, start + SIDE))


def _means(plane: Plane) -> Plane:
    height, width = (side // CELL for side in plane.shape)
    cells = plane[: height * CELL, : width * CELL].reshape(height, CELL, width, CELL)
    return np.asarray(cells.mean(axis=(1, 3)), dtype=np.float32)


def _deviation(grey: NDArray[np.generic]) -> Plane:
    levels = grey.astype(np.float32)
    variance = _means(np.square(levels)) - np.square(_means(levels))
    return np.sqrt(np.maximum(variance, np.float32(0.0)))
