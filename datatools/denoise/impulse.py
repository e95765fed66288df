"""Impulse noise (salt and pepper): single values at the end of the range, unlike all their neighbours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB

Mask = NDArray[np.bool_]

SALT, PEPPER = 251, 4
LEAST_JUMP = 40  # grey levels between an impulse and the median of its neighbours
REPAIR_JUMP = (
    20  # the same once the image is known to have impulses: missing one costs more than touching a pixel too much
)
NOISE_JUMP = 4.0  # or this many standard deviations of the other noise, whichever is more
COMPANIONS = 2  # of its eight neighbours may be at the same end of the range: more, and it is a line or a dark area


def impulses(image: RGB, sigma: float = 0.0, least_jump: float = LEAST_JUMP) -> Mask:
    """Return which values are impulses, shape of ``image``.

    Args:
        sigma: rough strength of the Gaussian noise beside them, in grey levels.
        least_jump: see :data:`LEAST_JUMP`.
    """
    jump = np.abs(cv2.medianBlur(image, 3).astype(np.int16) - image)
    found: Mask = (_alone(image <= PEPPER) | _alone(image >= SALT)) & (jump > max(least_jump, NOISE_JUMP * sigma))
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


def _alone(extreme: Mask) -> Mask:
    together = cv2.boxFilter(
        extreme.view(np.uint8), cv2.CV_16S, (3, 3), normalize=False, borderType=cv2.BORDER_REFLECT_101
    )
    return extreme & (together <= 1 + COMPANIONS)


def _median_of_good(image: RGB, mask: Mask, at: tuple[NDArray[np.intp], ...], radius: int) -> NDArray[np.float32]:
    """Return the median over the good values of each window, NaN where there is none."""
    sides = ((radius, radius), (radius, radius), (0, 0))
    levels = np.pad(np.where(mask, np.float32(np.nan), image.astype(np.float32)), sides, mode="symmetric")
    rows, columns, planes = at
    steps = range(2 * radius + 1)
    window = np.stack([levels[rows + down, columns + right, planes] for down in steps for right in steps], axis=1)
    window.sort(axis=1)  # NaN goes last
    good = np.count_nonzero(~np.isnan(window), axis=1)
    low = np.take_along_axis(window, np.maximum(good - 1, 0)[:, None] // 2, axis=1)[:, 0]
    high = np.take_along_axis(window, good[:, None] // 2, axis=1)[:, 0]
    median: NDArray[np.float32] = np.where(good > 0, (low + high) / 2, np.float32(np.nan))
    return median
