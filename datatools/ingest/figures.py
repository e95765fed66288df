"""How an image looks, in numbers that do not depend on its resolution.

All are computed on the picture as :func:`datatools.images.pixels` reduces it: a short side of 256 to 511 pixels where it has as many. That
is about what a network sees; a blur that disappears at that size does no harm.
"""

from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB

SHORT_SIDE = 256
PLAIN = 1 / 255  # a contrast of one grey level
SHADOWS, HIGHLIGHTS, COLOURED = 0.05, 0.99, 0.99  # shares of the pixels

Grey = NDArray[np.uint8]


def figures(image: RGB, grey: Grey) -> dict[str, float]:
    """Return the figures of one reduced picture.

    Args:
        image: shape (height, width, 3).
        grey: the same in grey, shape (height, width).

    Returns:
        On grey levels in [0, 1]: ``brightness`` (mean), ``contrast`` (standard deviation), ``highlights`` (what 99 of 100 pixels do not
        exceed), ``sharpness`` (variance of the Laplacian; Pech-Pacheco et al., ICPR 2000: higher is sharper), ``acutance``
        (root of the sharpness by the contrast, so that neither darkness nor haze passes for blur; 1 for a plain surface, which
        has nothing to be sharp; with a contrast of few levels their rounding counts as edges). On the channels, in [0, 1]:
        ``shadows`` (what the darkest channel of 5 of 100 pixels does not exceed, so that yellow is not light), ``colour`` (how far apart
        the channels of 99 of 100 pixels lie at most).
    """
    mean, deviation = cv2.meanStdDev(grey)
    contrast, sharpness = deviation.item() / 255, _sharpness(grey)
    found = {
        "brightness": mean.item() / 255,
        "contrast": contrast,
        "highlights": _level(_counts(_fewer(grey)), HIGHLIGHTS),
        "sharpness": sharpness,
        "acutance": sqrt(sharpness) / contrast if contrast >= PLAIN else 1.0,
        **_channels(image),
    }
    return {name: round(value, 8) for name, value in found.items()}


def _sharpness(grey: Grey) -> float:
    """Mean square for variance: the mean of a Laplacian is 0 but for the border. It takes half the time of ``meanStdDev``."""
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    return (cv2.norm(edges) / 255) ** 2 / edges.size


def _fewer(image: NDArray[np.uint8]) -> cv2.typing.MatLike:
    """Return one pixel of four: a share of the pixels needs no more."""
    half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    return cv2.resize(image, half, interpolation=cv2.INTER_NEAREST)


def _counts(levels: cv2.typing.MatLike) -> NDArray[np.float32]:
    return np.asarray(cv2.calcHist([levels], [0], None, [256], [0, 256]), dtype=np.float32).ravel()


def _level(counts: NDArray[np.float32], share: float) -> float:
    total = np.cumsum(counts, dtype=np.float64)
    return int(np.searchsorted(total, share * total[-1])) / 255


def _channels(image: RGB) -> dict[str, float]:
    red, green, blue = cv2.split(_fewer(image))
    least, most = cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)
    return {
        "shadows": _level(_counts(least), SHADOWS),
        "colour": _level(_counts(cv2.subtract(most, least)), COLOURED),
    }
