"""Cross-validation: the same data in several parts, each of which is test once."""

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from datatools.settings import Settings
from datatools.split.fractions import Fractions

Integers = NDArray[np.int64]
TRAIN, VAL, TEST = 0, 1, 2


class Folds(Settings):
    """One round of cross-validation: part ``fold`` is test, the part after it val, and the others are train.

    The parts depend on ``count`` and the seed alone, so over all values of ``fold`` each row is test once.
    """

    count: int = Field(ge=2, le=100, description="Number of parts: 5 or 10; by domain, as many as there are domains.")
    fold: int = Field(
        default=0,
        ge=0,
        description="Which part is test, from 0; dvc exp run --queue -S split.strategy.folds.fold=0,1,2 tries several.",
    )

    @model_validator(mode="after")
    def _fold_exists(self) -> Self:
        if self.fold >= self.count:
            raise ValueError(f"fold must be below count = {self.count}, got {self.fold}")
        return self

    def fractions(self) -> Fractions:
        """Return the shares of rows that follow from parts of equal size."""
        part = 1 / self.count
        return Fractions(train=1 - 2 * part, val=part, test=part)

    def splits(self, parts: Integers) -> Integers:
        """Return the split number (0 train, 1 val, 2 test) of each part number, 0 .. count - 1."""
        return np.where(parts == self.fold, TEST, np.where(parts == (self.fold + 1) % self.count, VAL, TRAIN))


def _with_train(folds: Folds) -> Folds:
    if folds.count < 3:
        raise ValueError(f"count must be at least 3, one part each for test, val and train, got {folds.count}")
    return folds


Parts = Annotated[Folds, AfterValidator(_with_train)]
