"""Placing whole groups so that classes keep their shares, whether a label names one class or several."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.split import greedy, iterative, labels
from datatools.split.given import Given
from datatools.split.groups import Groups

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def place(rows: pd.DataFrame, found: Groups, seed: int, shares: Sequence[float], given: Given) -> Integers:
    """Return the part of each group of ``rows``: 0 .. len(shares) - 1.

    Args:
        found: the groups of ``rows``.
        shares: positive shares of the parts, summing to 1.
        given: groups that have their part already stay there, the others are placed around them.
    """
    return _assign(rows, found.of_row, found.largest_first(seed), shares, given, given.fixed(found))


def place_some(
    rows: pd.DataFrame, found: Groups, seed: int, shares: Sequence[float], given: Given, chosen: Booleans
) -> Integers:
    """Return the part of each of the ``chosen`` groups (flags, one per group), as if there were no others."""
    renumbered = np.cumsum(chosen) - 1
    inside = chosen[found.of_row]
    order = found.largest_first(seed)
    return _assign(
        rows[inside], renumbered[found.of_row[inside]], renumbered[order[chosen[order]]], shares, given, None
    )


def _assign(
    rows: pd.DataFrame,
    of_row: Integers,
    order: Integers,
    shares: Sequence[float],
    given: Given,
    fixed: Integers | None,
) -> Integers:
    if given.labels.separator is None:
        return greedy.assign(of_row, class_numbers(rows), order, shares, fixed)
    place, names = labels.incidence(rows["label"], given.labels.separator)
    if given.labels.pairs:
        place, names = labels.with_pairs(place, names)
    numbers = pd.factorize(pd.Series(names, dtype=object).map(repr), sort=True)[0].astype(np.int64)
    return iterative.assign(of_row, (place, numbers), order, shares, fixed)


def class_numbers(rows: pd.DataFrame) -> Integers:
    """Return the number of each row's class in sorted order; unlabelled rows form the last class."""
    numbers, names = pd.factorize(rows["label"], sort=True)
    return np.where(numbers < 0, len(names), numbers).astype(np.int64)
