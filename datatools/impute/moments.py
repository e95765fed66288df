"""The moments of groups, in order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
DAY = 86_400_000_000  # microseconds
FOREVER = np.iinfo(np.int64).max


def microseconds(days: float | None) -> int:
    """Return how long a number of days is; None is for ever. Whole numbers, so that a week is never a rounding error more than a week."""
    return FOREVER if days is None or days * DAY >= FOREVER else round(days * DAY)


@dataclass(frozen=True)
class Moments:
    """The M distinct pairs of group and time of N rows that are sorted by both.

    Attributes:
        of_row: the moment of each row.
        group: of each moment, a number.
        at: of each moment, in microseconds since any.
    """

    of_row: Places
    group: Places
    at: NDArray[np.int64]

    @classmethod
    def of(cls, groups: NDArray[Any], at: NDArray[np.int64]) -> "Moments":
        """Return the moments of rows sorted by group and time."""
        other = np.ones(len(groups), dtype=bool)
        other[1:] = groups[1:] != groups[:-1]
        new = other.copy()
        new[1:] |= at[1:] != at[:-1]
        return cls(np.cumsum(new) - 1, (np.cumsum(other) - 1)[new], at[new])

    def latest(self, known: NDArray[np.bool_]) -> Places:
        """Return, for each moment, the latest moment up to it with ``known`` (M), in its group; -1 where there is none."""
        places = np.arange(len(known))
        found = np.maximum.accumulate(np.where(known, places, -1)) if len(known) else places
        return np.where((found >= 0) & (self.group[found] == self.group), found, -1)

    def next(self, known: NDArray[np.bool_]) -> Places:
        """Return, for each moment, the first moment from it on with ``known`` (M), in its group; -1 where there is none."""
        turned = Moments(self.of_row, self.group[::-1], self.at[::-1]).latest(known[::-1])[::-1]
        return np.where(turned >= 0, len(known) - 1 - turned, -1)
