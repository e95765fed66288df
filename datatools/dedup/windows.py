"""Means over every window of a plane, and the strength of its edges."""

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.compiled import compiled

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


@compiled
def means(plane: Plane, inside: Mask, window: int) -> NDArray[np.float64]:
    """Return the mean over each window that lies inside the mask, NaN for the others; shape (n - window + 1,) twice."""
    n = plane.shape[0]
    total, known = np.zeros((n + 1, n + 1)), np.zeros((n + 1, n + 1), np.int32)
    for y in range(n):
        for x in range(n):
            value, one = (plane[y, x], 1) if inside[y, x] else (np.float32(0.0), 0)
            total[y + 1, x + 1] = total[y, x + 1] + total[y + 1, x] - total[y, x] + value
            known[y + 1, x + 1] = known[y, x + 1] + known[y + 1, x] - known[y, x] + one
    size = n - window + 1
    found = np.empty((size, size))
    for y in range(size):
        low = y + window
        for x in range(size):
            far = x + window
            count = known[low, far] - known[y, far] - known[low, x] + known[y, x]
            value = total[low, far] - total[y, far] - total[low, x] + total[y, x]
            found[y, x] = value / count if count == window * window else np.nan
    return found


@compiled
def squared_gradient(plane: Plane) -> Plane:
    """Return the squared magnitude of the gradient by central differences, in levels per pixel; border pixels repeat."""
    n = plane.shape[0]
    found = np.empty((n, n), np.float32)
    for y in range(n):
        above, below = max(y - 1, 0), min(y + 1, n - 1)
        for x in range(n):
            down = plane[below, x] - plane[above, x]
            right = plane[y, min(x + 1, n - 1)] - plane[y, max(x - 1, 0)]
            found[y, x] = (down * down + right * right) * np.float32(0.25)
    return found
