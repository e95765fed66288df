"""How much the blocks of JPEG show."""

import cv2
import numpy as np

from datatools.denoise.levels import Levels, to_planes

GRID = 8
LARGEST = 16.0  # grey levels: a larger step is an edge of what is shown, and counts no more than this
DISTINCT = 2.0  # times the next largest: only then is the step at one of the 8 offsets that of a grid
FEWEST = 3  # columns of blocks
ENOUGH = 65536  # values: of an image with more, some rows and some columns are looked at


def blockiness(image: Levels) -> float:
    """Return the step across the borders of 8 x 8 blocks beyond that beside them, in grey levels.

    The mean step between neighbours, less the mean of the steps on both sides of it, is compared across the 8 offsets that the grid
    can have; so it is found in a cropped image, too. (Like the blockiness of Wang, Sheikh and Bovik, ICIP 2002, eq. 1, which takes the
    grid for known.) The smaller one of both directions counts. 0 for nearly all images that were never compressed, or resized
    since; above 1 for most that were saved at quality 50 or less.

    Args:
        image: shape (height, width, 1 or 3); of three channels the second, green, is looked at.
    """
    levels = image[:, :, image.shape[2] // 2]
    every = max(1, levels.size // ENOUGH)
    return min(_step(levels[every // 2 :: every]), _step(levels[:, every // 2 :: every].T))


def _step(levels: Levels) -> float:
    if levels.shape[1] < GRID * FEWEST + 3:
        return 0.0
    plane = to_planes(np.ascontiguousarray(levels))
    steps = np.minimum(cv2.absdiff(plane[:, 1:], plane[:, :-1]), np.float32(LARGEST)).mean(axis=0, dtype=np.float64)
    beyond = steps[1:-1] - (steps[:-2] + steps[2:]) / 2
    columns = len(beyond) // GRID
    *_, second, first = np.sort(beyond[: columns * GRID].reshape(columns, GRID).mean(axis=0))
    return float(first - max(second, 0.0)) if first > DISTINCT * max(second, 0.0) else 0.0
