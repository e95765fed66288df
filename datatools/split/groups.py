"""Groups that must not be divided: connected components of near-duplicate clusters and the user's own groups."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools import seeds
from datatools.components import joined

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """The groups of a table.

    Attributes:
        of_row: number of the group of each row; numbers follow the order of ``keys``.
        keys: name of each group, its smallest ``image_id``; sorted, so that numbers do not depend on the order of the rows.
    """

    of_row: Integers
    keys: tuple[str, ...]

    def sizes(self) -> Integers:
        """Return the number of rows of each group."""
        return np.bincount(self.of_row, minlength=len(self.keys)).astype(np.int64)

    def with_any(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which groups have at least one of the flagged rows."""
        return np.bincount(self.of_row[rows], minlength=len(self.keys)) > 0

    def largest_first(self, seed: int) -> Integers:
        """Return the groups ordered by falling size and, among equals, at random.

        The rank among equals is a hash of seed and key: a group keeps it whatever else the table holds.
        """
        drawn = np.array([seeds.integer(seed, "split", key) for key in self.keys], dtype=np.uint64)
        return np.lexsort((drawn, -self.sizes()))


def find(rows: pd.DataFrame) -> Groups:
    """Join rows that share a ``cluster_id`` or a ``group_id``, directly or through other rows.

    Args:
        rows: columns ``image_id``, ``cluster_id`` and ``group_id`` (null: no group of the user's).
    """
    component = joined(rows)
    ids = rows["image_id"].to_numpy(dtype=str)
    by_id = np.argsort(ids, kind="stable")
    first = by_id[np.unique(component[by_id], return_index=True)[1]]  # row with the smallest id of each component
    by_key = np.argsort(ids[first], kind="stable")
    rank = np.empty_like(by_key)
    rank[by_key] = np.arange(len(by_key))
    return Groups(rank[component], tuple(ids[first[by_key]].tolist()))
