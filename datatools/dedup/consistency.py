"""Pairs that contradict better evidence.

Between images of different sizes more has to be allowed, because one of them was resampled. Among look-alikes (cells of one solar
module, X-rays) that lets a small copy of B pass for a copy of A as well. But A and B, of one size, were compared strictly and found to be
two pictures, and the small copy is closer to B: so it is no copy of A.
"""

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.search import Indices, Pairs

CLOSER = 2.0  # times, in shares of the limit
SURE = 0.5  # of the limit: what differs by less is a copy whatever else there is


def consistent(pairs: Pairs, excess: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs stand.

    A pair (x, y) of different sizes that uses more than half of what is allowed falls if the image z that is closest to y is at least
    twice as close as x, has the size of x, and is no pair with x.

    Args:
        pairs: verified pairs, sorted; a pair may stand there several times (turned).
        excess: difference of each as a share of what is allowed.
        sizes: shape (N, 2), width and height of each image.
    """
    if not len(pairs.first):
        return np.ones(0, dtype=np.bool_)
    count = len(sizes)
    known = np.unique(pairs.first * count + pairs.second)
    stands = np.ones(len(excess), dtype=np.bool_)
    for x, y in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        closest, share = _closest(x, y, excess, count)
        z = closest[y]
        different = (sizes[x] != sizes[y]).any(axis=1)
        alike = (sizes[x] == sizes[z]).all(axis=1)
        strangers = ~np.isin(np.minimum(x, z) * count + np.maximum(x, z), known) & (x != z)
        stands &= ~(different & alike & strangers & (share[y] * CLOSER < excess) & (excess > SURE))
    return stands


def _closest(x: Indices, y: Indices, excess: NDArray[np.float64], count: int) -> tuple[Indices, NDArray[np.float64]]:
    """Return for each image its closest partner on either side of a pair, and how close."""
    one, other, far = np.concatenate((y, x)), np.concatenate((x, y)), np.concatenate((excess, excess))
    order = np.lexsort((other, far, one))
    image, place = np.unique(one[order], return_index=True)
    closest, share = np.zeros(count, dtype=np.int64), np.full(count, np.inf)
    closest[image], share[image] = other[order][place], far[order][place]
    return closest, share
