"""Candidates that need no look of their own.

Of many copies of one picture every two are candidates: 5,000 copies are 12 million pairs. Differences add up like distances, so where
i and j both differ from k by at most a quarter of what is allowed, they differ from each other by at most a half.
"""

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.search import Indices, Pairs

CLOSE = 0.25  # of the limit


class Close:
    """Which images are surely copies of which, as far as was looked: each points at one other at most, which points at none."""

    def __init__(self, count: int) -> None:
        self._to: Indices = np.arange(count)
        self._share: NDArray[np.float64] = np.zeros(count)
        self._leads: NDArray[np.bool_] = np.zeros(count, dtype=np.bool_)

    def implied(self, pairs: Pairs, upright: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of the limit that each pair uses at most, where both are close to one image, else NaN."""
        known = upright & (self._to[pairs.first] == self._to[pairs.second])
        return np.where(known, self._share[pairs.first] + self._share[pairs.second], np.nan)

    def learn(self, pairs: Pairs, share: NDArray[np.float64]) -> None:
        """Take in pairs that were verified as they lie, with the share of the limit that each uses."""
        close = share <= CLOSE
        for one, other, used in zip(
            *(part[close].tolist() for part in (pairs.first, pairs.second, share)), strict=True
        ):
            if self._to[one] == one and self._to[other] == other and not self._leads[other]:
                self._to[other], self._share[other], self._leads[one] = one, used, True
