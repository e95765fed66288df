"""Split whole groups at random, whatever their classes."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from datatools.settings import Settings
from datatools.split import greedy, groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.fractions import Fractions


class Random(Settings):
    """Whole groups in random order, the largest first; shares of rows are kept, shares of classes are left to chance."""

    method: Literal["random"] = Field(
        default="random", description="Groups at random, classes left to chance; only where classes are many and even."
    )
    fractions: Fractions = Field(default=Fractions(), description="Shares of rows for train, val and test.")

    def __call__(self, rows: pd.DataFrame, seed: int) -> Assignment:
        """Assign each row; equal for every order of the rows."""
        found = groups.find(rows)
        one_class = np.zeros(len(rows), dtype=np.int64)
        placed = greedy.assign(found.of_row, one_class, found.largest_first(seed), self.fractions.as_tuple())
        return from_numbers(placed[found.of_row], Promise(fractions=self.fractions))
