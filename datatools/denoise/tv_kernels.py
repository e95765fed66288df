"""The compiled loops behind :mod:`datatools.denoise.tv`.

Rows are worked on value by value next to each other, which is what a processor's vector units are for.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Planes = NDArray[np.float32]  # (n, height, width)

ONE = np.float32(1.0)


def _loop(function: Loop) -> Loop:
    # numpy's division: Python's looks for a zero first, and a loop that may raise is not vectorised.
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_loop
def smoothed(planes: Planes, weight: float, steps: int) -> Planes:
    """Return the planes x that make half the squared distance to ``planes`` plus ``weight`` times the total variation of x least.

    Accelerated projected gradients on the dual (Beck and Teboulle, IEEE TIP 18(11), 2009, algorithm FGP). The length of a slope is taken
    over all planes and both directions.

    Args:
        planes: shape (n, height, width).
        weight: above 0, in the unit of the planes.
        steps: of the descent.
    """
    right, below = np.zeros_like(planes), np.zeros_like(planes)  # the dual: a flow to the right and one down
    last_right, last_below = np.zeros_like(planes), np.zeros_like(planes)
    out, pace = np.empty_like(planes), 1.0
    for _ in range(steps):
        _apply(planes, right, below, np.float32(weight), out)
        faster = (1.0 + np.sqrt(1.0 + 4.0 * pace * pace)) / 2.0
        _ascend(out, right, below, np.float32(1.0 / (8.0 * weight)))
        _project(right, below, last_right, last_below, np.float32((pace - 1.0) / faster))
        pace = faster
    _apply(planes, last_right, last_below, np.float32(weight), out)
    return out


@_loop
def _apply(planes: Planes, right: Planes, below: Planes, weight: np.float32, out: Planes) -> None:
    """Fill ``out`` with the planes less ``weight`` times what flows out of each pixel."""
    for n in range(planes.shape[0]):
        for y in range(planes.shape[1]):
            _leave(planes[n, y], right[n, y], below[n, y], weight, out[n, y])
            if y:
                _arrive(below[n, y - 1], weight, out[n, y])
            _arrive(right[n, y, :-1], weight, out[n, y, 1:])


@_loop
def _leave(row: Planes, right: Planes, below: Planes, weight: np.float32, out: Planes) -> None:
    for x in range(len(out)):
        out[x] = row[x] - weight * (right[x] + below[x])


@_loop
def _arrive(flow: Planes, weight: np.float32, out: Planes) -> None:
    for x in range(len(out)):
        out[x] += weight * flow[x]


@_loop
def _ascend(out: Planes, right: Planes, below: Planes, rate: np.float32) -> None:
    """Let flow more, down the slopes of ``out``; nothing flows beyond the border."""
    for n in range(out.shape[0]):
        for y in range(out.shape[1]):
            _run_down(out[n, y, :-1], out[n, y, 1:], rate, right[n, y])
            if y < out.shape[1] - 1:
                _run_down(out[n, y], out[n, y + 1], rate, below[n, y])


@_loop
def _run_down(here: Planes, there: Planes, rate: np.float32, flow: Planes) -> None:
    for x in range(len(there)):
        flow[x] += rate * (here[x] - there[x])


@_loop
def _project(right: Planes, below: Planes, last_right: Planes, last_below: Planes, momentum: np.float32) -> None:
    """Shorten each flow to length 1 at most, then move it on in the direction in which it came."""
    count, height, width = right.shape
    factor = np.empty(width, np.float32)
    for y in range(height):
        factor[:] = np.float32(0.0)
        for n in range(count):
            _add_squares(right[n, y], below[n, y], factor)
        for x in range(width):
            factor[x] = ONE / max(ONE, np.sqrt(factor[x]))
        for n in range(count):
            _move(right[n, y], last_right[n, y], factor, momentum)
            _move(below[n, y], last_below[n, y], factor, momentum)


@_loop
def _add_squares(right: Planes, below: Planes, total: Planes) -> None:
    for x in range(len(total)):
        total[x] += right[x] * right[x] + below[x] * below[x]


@_loop
def _move(flow: Planes, last: Planes, factor: Planes, momentum: np.float32) -> None:
    for x in range(len(flow)):
        short = flow[x] * factor[x]
        flow[x] = short + momentum * (short - last[x])
        last[x] = short
