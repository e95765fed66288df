"""Split whole groups at random, whatever their classes."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from datatools.settings import Settings
from datatools.split import greedy, groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given


class Random(Settings):
    """Whole groups in random order, the largest first; shares of rows are kept, shares of classes are left to chance."""

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
        one_class = np.zeros(len(rows), dtype=np.int64)
        order = found.largest_first(seed)
        if self.folds is None:
            shares = self.fractions.as_tuple()
            placed = greedy.assign(found.of_row, one_class, order, shares, given.fixed(found))
            return from_numbers(placed[found.of_row], Promise(fractions=self.fractions))
        given.refuse_anchors("cross-validation")
        parts = greedy.assign(found.of_row, one_class, order, [1 / self.folds.count] * self.folds.count)
        return from_numbers(self.folds.splits(parts)[found.of_row], Promise(fractions=self.folds.fractions()))
