"""How much two columns of a table say about each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def cramers_v(a: Integers, b: Integers) -> float:
    """Return Cramér's V in [0, 1], corrected for the bias of small tables: 0 independent, 1 each determines the other.

    Args:
        a: class numbers, 0 .. K - 1.
        b: class numbers of the same rows.

    Source: Bergsma, A bias-correction for Cramér's V and Tschuprow's T, Journal of the Korean Statistical Society 42 (2013), 323-328.
    """
    rows = len(a)
    levels_a, levels_b = len(np.unique(a)), len(np.unique(b))
    if min(levels_a, levels_b) < 2 or rows < 2:
        return 0.0
    excess = max(0.0, chi_square(a, b)[0] / rows - (levels_a - 1) * (levels_b - 1) / (rows - 1))
    fewest = min(levels - (levels - 1) ** 2 / (rows - 1) for levels in (levels_a, levels_b))
    return float(min(1.0, (excess / (fewest - 1)) ** 0.5)) if fewest > 1 else 0.0


def chi_square(a: Integers, b: Integers) -> tuple[float, int]:
    """Return Pearson's chi-square of two columns of class numbers and its degrees of freedom; (0, 0) without rows.

    It is computed from the filled cells only: a table of classes by values can be large and empty. Rows of one group are not independent,
    so a p-value from it would be too small.
    """
    if not len(a):
        return 0.0, 0
    rows_of_a, rows_of_b = np.bincount(a).astype(float), np.bincount(b).astype(float)
    cells, counts = np.unique(a * len(rows_of_b) + b, return_counts=True)
    expected = rows_of_a[cells // len(rows_of_b)] * rows_of_b[cells % len(rows_of_b)]
    degrees = (np.count_nonzero(rows_of_a) - 1) * (np.count_nonzero(rows_of_b) - 1)
    return max(0.0, float(len(a) * ((counts**2 / expected).sum() - 1))), int(degrees)


def periods(times: Integers, count: int = 10) -> Integers:
    """Return the number of the period of each time: about equally many rows in each, equal times together."""
    _, place, rows = np.unique(times, return_inverse=True, return_counts=True)
    before = np.cumsum(rows) - rows
    return (before[place] * count // len(times)).astype(np.int64)


@dataclass(frozen=True)
class Cut:
    """The moment that best separates one set of classes from another.

    Attributes:
        last: the latest time before it.
        first: the earliest time from it on.
        v: Cramér's V of class and side; 1 when each class lies wholly on one side.
    """

    last: int
    first: int
    v: float


def best_cut(times: Integers, classes: Integers, least: int = 5) -> Cut | None:
    """Return the cut between two times with the largest V, or None where no cut leaves ``least`` rows on both sides.

    V squared is chi-square / n of the table of side by class; all cuts are scored from running counts, one class after the other.
    """
    order = np.argsort(times, kind="stable")
    sorted_times, sorted_classes = times[order], classes[order]
    places = np.flatnonzero(np.diff(sorted_times)) + 1
    places = places[(places >= least) & (places <= len(times) - least)]
    if not len(places):
        return None
    rows = len(times)
    score = np.zeros(len(places))
    for class_, count in zip(*np.unique(classes, return_counts=True), strict=True):
        before = np.cumsum(sorted_classes == class_)[places - 1]
        score += (before - places * count / rows) ** 2 / count
    score *= rows / (places * (rows - places))
    best = int(np.argmax(score))
    place = places[best]
    return Cut(int(sorted_times[place - 1]), int(sorted_times[place]), float(min(1.0, score[best] ** 0.5)))
