"""Where two pictures differ, as a picture."""

import cv2
import numpy as np

from datatools.dedup.thumbnail import Thumbnail
from datatools.images import RGB

STRENGTH = 5.0  # a difference of 51 grey levels is as bright as it gets


def draw(one: Thumbnail, other: Thumbnail, cropped: bool, size: tuple[int, int]) -> RGB:
    """Return the absolute difference of luma, dark where equal, after the brightness of ``one`` is fitted to that of ``other``.

    Args:
        one: turned as ``other`` lies.
        cropped: compare ``other`` with its place in ``one``; what lies outside is black.
        size: width and height of the picture in pixels.
    """
    from datatools.dedup import judgement

    n = min(len(one.pixels), len(other.pixels))
    left, inside = one.at(n).astype(np.float32), np.ones((n, n), dtype=np.bool_)
    if cropped:
        _, place = judgement.as_a_crop(one.at(n), other.at(n), 0.0)
        left, inside = judgement.warp(left, place)
    x, y = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (left, other.at(n).astype(np.float32)))
    gain, offset = np.polyfit(x[inside], y[inside], 1) if np.ptp(x[inside]) > 1 else (1.0, 0.0)
    levels = np.where(inside, np.abs(x * gain + offset - y) * STRENGTH, 0.0)
    coloured = cv2.applyColorMap(np.clip(levels, 0, 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(cv2.resize(coloured, size), cv2.COLOR_BGR2RGB), dtype=np.uint8)
