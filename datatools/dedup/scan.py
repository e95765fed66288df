"""The compiled loop of the search: every pair of hashes, one exclusive or and one count of bits."""

from typing import Any

import numba
import numpy as np


def _count_ones(word: Any) -> Any:
    """Count the bits by adding neighbours in ever larger groups (Warren, Hacker's Delight, 5-1); LLVM knows it as popcnt."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


_ones = numba.njit(_count_ones)


def _scan_rows(first: Any, others: Any, radius: int, row: int, buffer: Any) -> tuple[int, int]:
    """Fill ``buffer`` with pairs from ``row`` on; return the row to go on with and how many pairs were found.

    The first word, which settles nearly every pair, is an array of its own: one load and one count of bits per pair.
    """
    count, filled = len(first), 0
    while row < count and filled + count <= len(buffer):
        word = first[row]
        for other in range(row + 1, count):
            distance = _ones(word ^ first[other])
            if distance <= radius:
                for extra in range(others.shape[1]):
                    distance += _ones(others[row, extra] ^ others[other, extra])
                if distance <= radius:
                    buffer[filled] = row, other, distance
                    filled += 1
        row += 1
    return row, filled


scan = numba.njit(cache=True, nogil=True)(_scan_rows)
