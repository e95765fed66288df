"""How much a column goes together with capture time: over tenths of the rows, and before and after the best single cut."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.split import chance
from datatools.split.association import Cut, best_cut, cramers_v, periods

Integers = NDArray[np.int64]

FEWEST_ROWS = 20  # an association of fewer rows proves nothing
CLEAR = 0.9  # V of a cut from which on its moment is worth naming


@dataclass(frozen=True)
class WithTime:
    """An association with time.

    Attributes:
        v: the larger of two bias-corrected Cramér's V: over tenths of the rows by time, and at the best cut.
        cut: the best cut, where it is clear; else None.
        told: whether v reaches the threshold by one of the two ways, and beyond what chance gives.
    """

    v: float
    cut: Cut | None
    told: bool


def with_time(times: Integers, classes: Integers, members: Integers, threshold: float) -> WithTime:
    """Compare classes with time.

    Args:
        times: microseconds of the rows.
        classes: class numbers of the rows, 0 .. K - 1.
        members: group of each row.
        threshold: V from which on the association matters.
    """
    if len(times) < FEWEST_ROWS or len(np.unique(classes)) < 2:
        return WithTime(0.0, None, told=False)
    v, cut = _association(times, classes)
    told = v >= threshold and not chance.permuting_reaches(
        lambda one, other: _association(one, other)[0], times, classes, members
    )
    return WithTime(v, cut if cut is not None and cut.v >= CLEAR else None, told)


def _association(times: Integers, classes: Integers) -> tuple[float, Cut | None]:
    cut = best_cut(times, classes)
    return max(cramers_v(classes, periods(times)), cut.unbiased if cut else 0.0), cut


def moment(cut: Cut) -> str:
    """Name the cut by its date where a midnight lies between its two times, else to the second."""
    first, last = (pd.Timestamp(value, unit="us", tz="UTC") for value in (cut.first, cut.last))
    return str(first.date()) if first.date() > last.date() else first.strftime("%Y-%m-%d %H:%M:%S")
