"""Placing whole groups so that classes keep their shares, whether a label names one class or several."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.split import greedy, iterative, labels
from datatools.split.given import FREE, Given
from datatools.split.groups import Groups
from datatools.split.labels import Labels

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def place(
    rows: pd.DataFrame, found: Groups, seed: int, shares: Sequence[float], given: Given, *, folds: bool = False
) -> Integers:
    """Return the part of each group of ``rows``: 0 .. len(shares) - 1.

    Groups without any label are placed apart from the others: they are references, which no split counts.

    Args:
        found: the groups of ``rows``.
        shares: positive shares of the parts, summing to 1.
        given: groups that have their part already stay there, the others are placed around them.
        folds: whether the parts are folds; else part 0 is train, which is to lack no class.
    """
    return place_some(rows, found, seed, shares, given, np.ones(len(found.keys), dtype=np.bool_), folds=folds)


def place_some(
    rows: pd.DataFrame,
    found: Groups,
    seed: int,
    shares: Sequence[float],
    given: Given,
    chosen: Booleans,
    *,
    folds: bool = False,
) -> Integers:
    """Return the part of each group that is ``chosen`` (flags, one per group), placed as if there were no others; -1 for these."""
    placed = np.full(len(found.keys), FREE, dtype=np.int64)
    fixed, order = given.fixed(found), found.largest_first(seed)
    labelled = found.with_any(rows["label"].notna().to_numpy(dtype=np.bool_))
    for part in (chosen & labelled, chosen & ~labelled):
        if part.any():
            inside = part[found.of_row]
            renumbered = np.cumsum(part) - 1
            placed[part] = _assign(
                rows.loc[:, ["label"]][inside],
                renumbered[found.of_row[inside]],
                renumbered[order[part[order]]],
                shares,
                given.labels,
                None if fixed is None else fixed[part],
                folds,
            )
    return placed


def _assign(
    rows: pd.DataFrame,
    of_row: Integers,
    order: Integers,
    shares: Sequence[float],
    names: Labels,
    fixed: Integers | None,
    folds: bool,
) -> Integers:
    if names.separator is None:
        needed = 0 if folds else rows["label"].nunique()
        return greedy.assign(of_row, class_numbers(rows), order, shares, fixed, needed)
    place, named = labels.incidence(rows["label"], names.separator)
    numbers, classes = pd.factorize(named, sort=True)
    incidence = place, numbers.astype(np.int64)
    if names.pairs:
        incidence = labels.with_pairs(*incidence)
    return iterative.assign(of_row, incidence, order, shares, fixed, 0 if folds else len(classes))


def class_numbers(rows: pd.DataFrame) -> Integers:
    """Return the number of each row's class in sorted order; unlabelled rows form the last class."""
    numbers, names = pd.factorize(rows["label"], sort=True)
    return np.where(numbers < 0, len(names), numbers).astype(np.int64)
