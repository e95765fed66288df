"""Rows that belong together because they share a value, directly or through other rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int64]


def joined(rows: pd.DataFrame) -> Integers:
    """Return a number per row, 0 .. G - 1, equal for rows that a chain of equal ``cluster_id`` or ``group_id`` ties together.

    Args:
        rows: columns ``cluster_id``, and ``group_id`` (null: none).
    """
    cluster, clusters = pd.factorize(rows["cluster_id"])
    group, groups = pd.factorize(rows["group_id"])  # -1 where there is none
    tied = group >= 0
    size = len(clusters) + len(groups)
    edges = (cluster[tied], group[tied] + len(clusters))
    graph = coo_matrix((np.ones(int(tied.sum())), edges), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    return np.unique(labels[cluster], return_inverse=True)[1].astype(np.int64)
