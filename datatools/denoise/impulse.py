"""Impulse noise (salt and pepper): single values at the end of the range, unlike all their neighbours."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB

Mask = NDArray[np.bool_]

SALT, PEPPER = 251, 4
LEAST_JUMP = 40  # grey levels between an impulse and its neighbours
REPAIR_JUMP = (
    20  # the same once the image is known to have impulses: missing one costs more than touching a pixel too much
)
NOISE_JUMP = 4.0  # or this many standard deviations of the other noise, whichever is more
COMPANIONS = 1  # of its eight neighbours may be like it. The pixels of a thin line have two: stripes are not noise


def impulses(image: RGB, sigma: float = 0.0, least_jump: float = LEAST_JUMP) -> Mask:
    """Return which values are impulses, shape of ``image``.

    An impulse lies at an end of the range and apart from the median of its neighbourhood and from all but one of its eight
    neighbours (their ordered differences: Garnett et al., "A universal noise removal algorithm", IEEE TIP 14(11), 2005).

    Args:
        sigma: rough strength of the Gaussian noise beside them, in grey levels.
        least_jump: see :data:`LEAST_JUMP`.
    """
    jump = max(least_jump, NOISE_JUMP * sigma)
    away = np.abs(cv2.medianBlur(image, 3).astype(np.int16) - image) > jump
    found: Mask = ((image <= PEPPER) | (image >= SALT)) & away
    rows, columns, planes = np.nonzero(found)
    around = _windows(image.astype(np.int16), (rows, columns, planes), 1)
    differences = np.sort(np.abs(around - around[:, 4:5]), axis=1)  # the first is the pixel itself
    found[rows, columns, planes] = differences[:, 1 + COMPANIONS] > jump
    return found


def repair(image: RGB, mask: Mask) -> RGB:
    """Return the image with the values in ``mask`` replaced by the median of their good neighbours, all others untouched.

    The window grows from 3 x 3 to 7 x 7 where no good neighbour is found; a value without any is left.
    """
    repaired = image.copy()
    todo = mask
    for radius in (1, 2, 3):
        rows, columns, planes = np.nonzero(todo)
        if not len(rows):
            break
        median = _median_of_good(image, mask, (rows, columns, planes), radius)
        found = ~np.isnan(median)
        repaired[rows[found], columns[found], planes[found]] = np.rint(median[found]).astype(np.uint8)
        todo = np.zeros_like(mask)
        todo[rows[~found], columns[~found], planes[~found]] = True
    return repaired


def rough_sigma(image: RGB) -> float:
    """Return the strength of noise by the median absolute diagonal detail (Donoho and Johnstone, Biometrika 81(3), 1994).

    Texture raises it, impulses hardly do: good enough for a threshold.
    """
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    levels = image[:height, :width].astype(np.int16)
    diagonal = (levels[::2, ::2] - levels[1::2, ::2] - levels[::2, 1::2] + levels[1::2, 1::2]) / 2.0
    return float(np.median(np.abs(diagonal))) / 0.6745 if diagonal.size else 0.0


def _windows(planes: NDArray[Any], at: tuple[NDArray[np.intp], ...], radius: int) -> NDArray[Any]:
    """Return the square windows around some values, one per row; beyond the border the image is mirrored."""
    rows, columns, depth = at
    padded = np.pad(planes, ((radius, radius), (radius, radius), (0, 0)), mode="symmetric")
    steps = range(2 * radius + 1)
    return np.stack([padded[rows + down, columns + right, depth] for down in steps for right in steps], axis=1)


def _median_of_good(image: RGB, mask: Mask, at: tuple[NDArray[np.intp], ...], radius: int) -> NDArray[np.float32]:
    """Return the median over the good values of each window, NaN where there is none."""
    levels = np.where(mask, np.float32(np.nan), image.astype(np.float32))
    window = np.sort(_windows(levels, at, radius), axis=1)  # NaN goes last
    good = np.count_nonzero(~np.isnan(window), axis=1)
    low = np.take_along_axis(window, np.maximum(good - 1, 0)[:, None] // 2, axis=1)[:, 0]
    high = np.take_along_axis(window, good[:, None] // 2, axis=1)[:, 0]
    median: NDArray[np.float32] = np.where(good > 0, (low + high) / 2, np.float32(np.nan))
    return median
