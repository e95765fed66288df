"""From pairs to clusters, and to the one image in whose favour others may go.

Pairs chain: A is a copy of B and B of C, while A and C are two pictures. Two answers follow from the same pairs.

* A **cluster** is a connected component: everything that hangs together, however long the chain. It says what has to stay on one side of
  a split, where a chain does no harm. No verified pair ever lies in two clusters.
* A **keeper** stands in for its copies. An image is a copy only if it and its keeper are a verified pair themselves, so a chain
  drops nothing: of A~B~C with A first, B goes in favour of A, and C stays.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datatools.dedup.search import Pairs

Indices = NDArray[np.int64]


def components(count: int, pairs: Pairs) -> Indices:
    """Return for each of ``count`` images the first image (lowest row) of its connected component."""
    links = coo_array((np.ones(len(pairs.first), dtype=np.int8), (pairs.first, pairs.second)), shape=(count, count))
    _, names = connected_components(links, directed=False)
    _, lowest = np.unique(names, return_index=True)
    first: Indices = lowest[names].astype(np.int64)
    return first


def keepers(count: int, pairs: Pairs, rank: Indices) -> Indices:
    """Return for each image the image that stands in for it: itself, or one with which it forms a pair.

    Images are taken by rank. One that is not yet a copy of another is a keeper, and every image paired with it that has no
    keeper yet becomes its copy.

    Notes:
        Guaranteed, whatever the order of the pairs: an image is its own keeper or paired with it; a keeper has a better rank
        than its copies; no two keepers are paired.

    Args:
        rank: a permutation of ``range(count)``; 0 is kept before all others.
    """
    neighbours = _neighbours(pairs)
    keeper = np.full(count, -1, dtype=np.int64)
    for image in np.argsort(rank):
        if keeper[image] < 0:
            keeper[image] = image
            for copy in neighbours.get(int(image), []):
                if keeper[copy] < 0:
                    keeper[copy] = image
    return keeper


def contradicting(labels: "pd.Series[Any]", pairs: Pairs) -> NDArray[np.bool_]:
    """Return which images form a pair with one of another label; no label contradicts none."""
    names = labels.to_numpy(dtype=object)
    known = labels.notna().to_numpy()
    one, other = pairs.first, pairs.second
    wrong = known[one] & known[other] & (names[one] != names[other])
    found = np.zeros(len(names), dtype=np.bool_)
    found[one[wrong]] = found[other[wrong]] = True
    return found


def _neighbours(pairs: Pairs) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one, other in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found
