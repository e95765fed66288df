"""All pairs of hashes within a Hamming radius, exactly."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]

BUFFER = 1 << 20  # pairs per turn of the compiled loop, 24 MB


class Pairs(NamedTuple):
    """Pairs of rows: ``first < second``, sorted by first, then second; ``distance`` in bits."""

    first: Indices
    second: Indices
    distance: Indices

    def keep(self, chosen: NDArray[np.bool_] | slice) -> "Pairs":
        """Return the pairs in a mask or a slice."""
        return Pairs(*(column[chosen] for column in self))

    def between(self) -> dict[tuple[int, int], int]:
        """Return the distance of each pair by (first, second)."""
        rows = zip(self.first.tolist(), self.second.tolist(), strict=True)
        return dict(zip(rows, self.distance.tolist(), strict=True))

    def renumber(self, rows: Indices) -> "Pairs":
        """Return the pairs with row numbers of a larger table; ``rows`` rises."""
        return Pairs(rows[self.first], rows[self.second], self.distance)


def pairs(hashes: Words, radius: int) -> Pairs:
    """Return every pair of rows whose hashes differ in at most ``radius`` bits.

    Every pair is compared, in compiled code: N (N - 1) / 2 differences of a nanosecond or less. Memory beyond the hashes is the
    pairs found.

    Args:
        hashes: shape (N, words), 64 bits a word.
        radius: bits; 0 finds equal hashes only.
    """
    from datatools.dedup.scan import scan  # here, because worker processes import this module and need no compiler

    first, others = np.ascontiguousarray(hashes[:, 0]), np.ascontiguousarray(hashes[:, 1:])
    found: list[NDArray[np.int64]] = []
    row = 0
    buffer = np.empty((max(BUFFER, len(hashes)), 3), dtype=np.int64)
    while row < len(hashes):
        row, filled = scan(first, others, radius, row, buffer)
        found.append(buffer[:filled].copy())
    table = np.concatenate(found) if found else np.empty((0, 3), dtype=np.int64)
    return Pairs(table[:, 0], table[:, 1], table[:, 2])
