"""The compiled loop behind :mod:`datatools.augment.amplitude_mix`."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Complex = NDArray[np.complex128]


def _loop(function: Loop) -> Loop:
    # numpy's division: Python's looks for a zero first, and a loop that may raise is not vectorised.
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_loop
def change(source: Complex, reference: Complex, weight: float, least: float) -> None:
    """Replace each of ``source``, shape (N,), by what it lacks to the mixed amplitude, ``weight (|reference| - |source|)`` in its phase.

    Args:
        weight: of the reference.
        least: amplitude below which there is no phase, and it counts as 0.
    """
    for place in range(len(source)):
        own, other = source[place], reference[place]
        power = own.real * own.real + own.imag * own.imag
        wanted = other.real * other.real + other.imag * other.imag
        if power < least * least:
            source[place] = complex(weight * np.sqrt(wanted), 0.0)
        else:
            factor = weight * (np.sqrt(wanted / power) - 1.0)
            source[place] = complex(factor * own.real, factor * own.imag)
