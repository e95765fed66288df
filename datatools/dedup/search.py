"""All pairs of hashes within a Hamming radius, exactly."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools import parallel
from datatools.dedup.plan import Sizes, choose

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]


class Pairs(NamedTuple):
    """Pairs of rows, sorted by first, then second; ``distance`` in bits."""

    first: Indices
    second: Indices
    distance: Indices

    def keep(self, chosen: NDArray[np.bool_] | Indices | slice) -> "Pairs":
        """Return the pairs in a mask or a slice."""
        return Pairs(*(column[chosen] for column in self))

    def rows(self) -> list[tuple[int, int]]:
        """Return the pairs as (first, second)."""
        return list(zip(self.first.tolist(), self.second.tolist(), strict=True))

    def without(self, pairs: Sequence[tuple[int, int]]) -> "Pairs":
        """Return the pairs but those of (first, second) listed."""
        gone = set(pairs)
        return self.keep(np.array([pair not in gone for pair in self.rows()], dtype=np.bool_))

    def between(self) -> dict[tuple[int, int], int]:
        """Return the distance of each pair by (first, second)."""
        rows = zip(self.first.tolist(), self.second.tolist(), strict=True)
        return dict(zip(rows, self.distance.tolist(), strict=True))

    def renumber(self, rows: Indices) -> "Pairs":
        """Return the pairs with row numbers of a larger table; ``rows`` rises."""
        return Pairs(rows[self.first], rows[self.second], self.distance)


def pairs(hashes: Words, radius: int) -> Pairs:
    """Return every pair of rows whose hashes differ in at most ``radius`` bits, exactly.

    Multi-index hashing as :mod:`datatools.dedup.plan` chooses: for random hashes, time grows with about N ** 1.3 (100,000 to
    10,000,000, 8 bits). Where many pairs are close (a homogeneous set, equal hashes), they are what costs: some .2 microseconds each.
    Memory beyond the hashes: about 30 bytes a hash, and 40 a pair found.

    Args:
        hashes: shape (N, words), 64 bits a word; N < 2**31.
        radius: bits; 0 finds equal hashes only.

    Returns:
        Each pair once, ``first < second``.
    """
    return _search(None, hashes, radius, upper=True)


def matches(queries: Words, hashes: Words, radius: int, upper: bool = False) -> Pairs:
    """Return every row of ``queries`` with every row of ``hashes`` at most ``radius`` bits from it, exactly.

    Args:
        queries: shape (Q, words).
        hashes: shape (N, words).
        upper: only pairs with ``first < second``: for queries that are the same N images turned, so that each two are found once.

    Returns:
        ``first`` is the row in ``queries``, ``second`` the row in ``hashes``.
    """
    return _search(queries, hashes, radius, upper)


def _search(queries: Words | None, hashes: Words, radius: int, upper: bool) -> Pairs:
    from datatools.dedup import multi_index  # here, because worker processes import this module and need no compiler

    if not len(hashes) or (queries is not None and not len(queries)):
        return Pairs(*np.empty((3, 0), dtype=np.int64))
    found = multi_index.expected(queries, hashes, radius)
    sizes = Sizes(len(hashes), None if queries is None else len(queries), 64 * hashes.shape[1], found)
    return multi_index.search(queries, hashes, radius, choose(sizes, radius), upper, parallel.execution().processes)
