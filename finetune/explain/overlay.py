"""A picture beside its heat."""

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.images import RGB, resize

SIDE = 256  # pixels of the longer side; the heat has a dozen cells
STRENGTH = 0.6  # of the colours over the grey picture
DIMMED = 0.35  # what is left of the light outside the window

Window = tuple[int, int, int, int]


def overlay(image: RGB, heat: NDArray[np.floating], window: Window) -> RGB:
    """Return the picture and, right of it, the picture in grey under its heat; uint8, shape (height, 2 width, 3), sides of at most 256.

    The heat is scaled so that its greatest value is the brightest colour; the colours are matplotlib's "inferno", which is perceptually
    uniform and readable without colours. What the network did not see stays dark.

    Args:
        image: shape (height, width, 3).
        heat: at least 0, shape (rows, columns), laid over the window.
        window: (top, left, height, width) of the part that the network saw, in pixels of the image.
    """
    shown, (top, left, height, width) = _shrunk(image, window)
    grey = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY).astype(np.float64)[..., None]
    right = np.repeat(DIMMED * grey, 3, axis=2)
    inside = slice(top, top + height), slice(left, left + width)
    right[inside] = STRENGTH * _colours(heat, height, width) + (1 - STRENGTH) * grey[inside]
    return np.concatenate([shown, np.rint(right).astype(np.uint8)], axis=1)


def _shrunk(image: RGB, window: Window) -> tuple[RGB, Window]:
    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    shown = resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
    down, right = shown.shape[0] / height, shown.shape[1] / width
    top, left = int(window[0] * down), int(window[1] * right)
    bottom, end = round((window[0] + window[2]) * down), round((window[1] + window[3]) * right)
    return shown, (top, left, max(1, bottom - top), max(1, end - left))


def _colours(heat: NDArray[np.floating], height: int, width: int) -> NDArray[np.float64]:
    greatest = float(heat.max(initial=0.0))
    unit = np.asarray(heat / greatest if greatest > 0 else heat * 0, dtype=np.float32)
    smooth = cv2.resize(unit, (width, height), interpolation=cv2.INTER_LINEAR)
    levels = np.rint(np.clip(smooth, 0.0, 1.0) * 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB), np.float64)
