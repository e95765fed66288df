"""Split with the same share of each class everywhere."""

from typing import Literal

import pandas as pd
from pydantic import Field

from datatools.settings import Settings
from datatools.split import groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.balanced import place
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given


class Stratified(Settings):
    """Whole groups, divided so that each class has nearly the same share in each split.

    Train lacks no class that a few exchanges of groups can bring there. A class too small for a row in each split counts until train has
    it; its other rows go where rows are wanted. Groups without any label are spread apart from the others, and never trained on. New
    rows can move old ones, unless these are anchored: an anchored row stays, and the others are divided around it.
    """

    method: Literal["stratified"] = Field(
        default="stratified",
        description="Same share of each class in each split; the choice unless time or domain matters.",
    )
    fractions: Fractions = Field(default=Fractions(), description="Shares of rows for train, val and test.")
    folds: Parts | None = Field(
        default=None, description="Cross-validation instead of fractions: {count: 5, fold: 0}; null for one split."
    )

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows."""
        found = groups.find(rows)
        if self.folds is None:
            placed = place(rows, found, seed, self.fractions.as_tuple(), given)
            return from_numbers(placed[found.of_row], Promise(fractions=self.fractions, by_class=True))
        given.refuse_anchors("cross-validation")
        parts = place(rows, found, seed, [1 / self.folds.count] * self.folds.count, given, folds=True)
        promise = Promise(fractions=self.folds.fractions(), by_class=True)
        return from_numbers(self.folds.splits(parts)[found.of_row], promise)
