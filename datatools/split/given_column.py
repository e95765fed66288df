"""The user's own column of splits, read: names of the three parts, or numbers of folds."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.split.folds import Folds
from datatools.split.given import FREE

Integers = NDArray[np.int64]
COLUMN = "split.strategy: the column of given splits"


def parts(column: "pd.Series[str]") -> Integers:
    """Return the number of each row's split (0 train, 1 val, 2 test); -1 where the column says nothing.

    Raises:
        DataError: it holds numbers of folds.
    """
    numbers = _known(column) - set(SPLITS)
    if numbers:
        raise DataError(
            f"{COLUMN} holds the number {_first(numbers)} of a fold; set split.strategy.folds: {{count: …, fold: 0}}"
        )
    return _numbered(column, {name: number for number, name in enumerate(SPLITS)})


def fold_parts(column: "pd.Series[str]", folds: Folds) -> tuple[Integers, tuple[str, ...]]:
    """Return the part of each row, 0 .. count - 1, -1 where the column says nothing; and what was assumed.

    Numbers may start at 0 or at 1: where 0 does not occur and ``count`` does, 1 is part 0.

    Raises:
        DataError: it holds names, or a number that no part has.
    """
    known = _known(column)
    names = known & set(SPLITS)
    if names:
        raise DataError(f"{COLUMN} names {_first(names)!r}, not numbers of folds; set split.strategy.folds: null")
    from_one = "0" not in known and str(folds.count) in known
    first = 1 if from_one else 0
    allowed = {str(number + first): number for number in range(folds.count)}
    if known - set(allowed):
        raise DataError(
            f"{COLUMN} holds {_first(known - set(allowed))}; with folds of count {folds.count} numbers go from 0 to {folds.count - 1}, "
            f"or from 1 to {folds.count}"
        )
    told = (
        f"the given folds are numbered from 1 to {folds.count}: fold {folds.fold} tests on number {folds.fold + first}"
    )
    return _numbered(column, allowed), (told,) if from_one else ()


def _known(column: "pd.Series[str]") -> set[str]:
    known = set(column.dropna().astype(str))
    names = known & set(SPLITS)
    if names and known - names:
        raise DataError(
            f"{COLUMN} mixes names ({_first(names)!r}) and numbers of folds ({_first(known - names)!r}); give one or the other"
        )
    return known


def _first(values: set[str]) -> str:
    return min(values, key=lambda text: (len(text), text))


def _numbered(column: "pd.Series[str]", numbers: dict[str, int]) -> Integers:
    return np.array([FREE if pd.isna(text) else numbers[str(text)] for text in column], dtype=np.int64)
