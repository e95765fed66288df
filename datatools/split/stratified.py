"""Split with the same share of each class everywhere."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.settings import Settings
from datatools.split import greedy, groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.fractions import Fractions


class Stratified(Settings):
    """Whole groups, divided so that each class has nearly the same share in each split.

    Unlabelled rows count as a class of their own: they are spread like the others and never trained on.
    """

    method: Literal["stratified"] = Field(
        default="stratified",
        description="Same share of each class in each split; the choice unless time or domain matters.",
    )
    fractions: Fractions = Field(default=Fractions(), description="Shares of rows for train, val and test.")

    def __call__(self, rows: pd.DataFrame, seed: int) -> Assignment:
        """Assign each row; equal for every order of the rows."""
        found = groups.find(rows)
        placed = greedy.assign(found.of_row, class_numbers(rows), found.largest_first(seed), self.fractions.as_tuple())
        return from_numbers(placed[found.of_row], Promise(fractions=self.fractions))


def class_numbers(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of each row's class in sorted order; unlabelled rows form the last class."""
    numbers, names = pd.factorize(rows["label"], sort=True)
    return np.where(numbers < 0, len(names), numbers).astype(np.int64)
