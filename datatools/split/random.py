"""Split whole groups at random, whatever their classes."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.settings import Settings
from datatools.split import greedy, groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given

Integers = NDArray[np.int64]


class Random(Settings):
    """Whole groups in random order, the largest first; shares of rows are kept, shares of classes are left to chance.

    Groups without any label are placed apart from the others: they are references, which no split counts.
    """

    method: Literal["random"] = Field(
        default="random", description="Groups at random, classes left to chance; only where classes are many and even."
    )
    fractions: Fractions = Field(default=Fractions(), description="Shares of rows for train, val and test.")
    folds: Parts | None = Field(
        default=None, description="Cross-validation instead of fractions: {count: 5, fold: 0}; null for one split."
    )

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows."""
        found = groups.find(rows)
        if self.folds is None:
            placed = _place(rows, found, seed, self.fractions.as_tuple(), given.fixed(found))
            return from_numbers(placed[found.of_row], Promise(fractions=self.fractions))
        given.refuse_anchors("cross-validation")
        parts = _place(rows, found, seed, [1 / self.folds.count] * self.folds.count, None)
        return from_numbers(self.folds.splits(parts)[found.of_row], Promise(fractions=self.folds.fractions()))


def _place(
    rows: pd.DataFrame, found: groups.Groups, seed: int, shares: Sequence[float], fixed: Integers | None
) -> Integers:
    """Return the part of each group; groups with a label are one class, the others another."""
    without = (~found.with_any(rows["label"].notna().to_numpy(dtype=np.bool_))).astype(np.int64)
    sizes = found.sizes()
    totals = np.bincount(without, weights=sizes, minlength=2)
    wanted = [[share * max(float(total), 1.0) for total in totals] for share in shares]
    pairs = [[pair] for pair in zip(without.tolist(), sizes.tolist(), strict=True)]
    return greedy.place(pairs, found.largest_first(seed), wanted, fixed)
