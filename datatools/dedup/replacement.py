"""Who stands in for whom, after the last look."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.clusters import Indices, keepers
from datatools.dedup.matched import Matched
from datatools.dedup.search import Pairs

Pair = tuple[int, int]


def checked_keepers(
    pairs: Matched,
    replaceable: Pairs,
    rank: Indices,
    sizes: NDArray[np.int64],
    closely: Callable[[Sequence[Pair]], Sequence[bool]],
) -> Indices:
    """Return each image's keeper, as :func:`datatools.dedup.clusters.keepers` does, where no closer look objects.

    Nothing goes in favour of an image of its own size from which it differs at full resolution. What a person said is not asked
    again, and turned copies are not comparable pixel by pixel.

    Args:
        pairs: all pairs; those that only hold a cluster together as well.
        replaceable: pairs of which one image may go.
        sizes: shape (N, 2), width and height.
        closely: says of pairs of one size whether they are the same at full resolution.
    """
    exempt = set(pairs.pairs.keep(pairs.said | (pairs.orientation > 0)).rows())
    while True:
        keeper = keepers(len(rank), replaceable, rank)
        rows = np.flatnonzero((keeper != np.arange(len(keeper))) & (sizes == sizes[keeper]).all(axis=1))
        found = zip(np.minimum(rows, keeper[rows]).tolist(), np.maximum(rows, keeper[rows]).tolist(), strict=True)
        asked = sorted(set(found) - exempt)
        different = [pair for pair, same in zip(asked, closely(asked), strict=True) if not same]
        if not different:
            return keeper
        exempt.update(asked)
        replaceable = replaceable.without(different)
