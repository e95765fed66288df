"""The strength of Gaussian noise, read off the flattest places of an image."""

import cv2
import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]

WINDOW = 8
FLATTEST = 0.05  # share of the windows that is taken to hold noise and nothing else
# What that quantile finds in pure noise of strength 1: the flattest windows are so by chance, too. A test measures it again.
SHORTFALL = 0.7454
LEAST_WINDOWS = 64
DARKEST, BRIGHTEST = 1, 254  # levels outside are clipped, and with them the noise
CLIPPED = 0.02  # share of such levels in a window from which on it does not count
LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6.0


def clipped(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which values are too near to black or white to show their noise."""
    return (image <= DARKEST) | (image >= BRIGHTEST)


def sigmas(planes: Planes, ignore: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the standard deviation of the noise in each plane, in the planes' unit.

    The difference of two Laplacians (Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996, eq. 2) removes smooth content; it is
    scaled so that white noise keeps its strength. Immerkaer averages it over the image, which takes texture for noise. Here its power is
    averaged over windows of 8 x 8, and the 5 % quantile of the windows counts: texture would have to be everywhere.

    Args:
        planes: shape (height, width, n).
        ignore: same shape; windows that hold more than a few of these values do not count, unless nearly all do.

    Returns:
        Shape (n,); zeros for an image that is too small to tell (below about 16 pixels).
    """
    margin = WINDOW // 2 + 1
    if min(planes.shape[:2]) < 2 * margin + 2:
        return np.zeros(planes.shape[2])
    response = cv2.filter2D(planes, -1, LAPLACIAN, borderType=cv2.BORDER_REFLECT_101).reshape(planes.shape)
    inner = np.s_[margin:-margin:2, margin:-margin:2]
    power = _means(response * response)[inner]
    usable = _means(ignore.astype(np.float32))[inner] <= CLIPPED + 1e-6
    return np.array([_flattest(power[:, :, n], usable[:, :, n]) for n in range(planes.shape[2])])


def _means(planes: Planes) -> Planes:
    means = cv2.boxFilter(planes, -1, (WINDOW, WINDOW)).reshape(planes.shape)
    return np.maximum(np.asarray(means, dtype=np.float32), np.float32(0.0))  # a running sum can end a hair below zero


def _flattest(power: NDArray[np.float32], usable: NDArray[np.bool_]) -> float:
    windows = power[usable] if np.count_nonzero(usable) >= LEAST_WINDOWS else power.ravel()
    return float(np.sqrt(np.quantile(windows, FLATTEST))) / SHORTFALL
