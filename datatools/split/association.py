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
    return unbiased(chi_square(a, b)[0], len(a), len(np.unique(a)), len(np.unique(b)))


def unbiased(statistic: float, rows: int, levels_a: int, levels_b: int) -> float:
    """Return Bergsma's V from chi-square, the number of rows, and of classes on both sides."""
    if min(levels_a, levels_b) < 2 or rows < 2:
        return 0.0
    excess = max(0.0, statistic / rows - (levels_a - 1) * (levels_b - 1) / (rows - 1))
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
        v: plain Cramér's V of class and side; 1 when each class lies wholly on one side. With many classes it is large by chance.
        unbiased: the same, corrected for the number of classes (Bergsma), though not for being the best of many cuts.
    """

    last: int
    first: int
    v: float
    unbiased: float


def best_cut(times: Integers, classes: Integers, least: int = 5) -> Cut | None:
    """Return the cut between two times with the largest V, or None where no cut leaves ``least`` rows on both sides.

    V squared is chi-square / n of the table of side by class. Its only part that differs between classes, the sum of squares of the rows
    before the cut over the rows of the class, grows by (2 r + 1) / n with the (r + 1)th of n rows, so one running sum scores all cuts.
    """
    order = np.lexsort(
        (classes, times)
    )  # one order for equal times too, so that sums come out the same to the last bit
    sorted_times, sorted_classes = times[order], classes[order]
    places = np.flatnonzero(np.diff(sorted_times)) + 1
    places = places[(places >= least) & (places <= len(times) - least)]
    if not len(places):
        return None
    rows, counts = len(times), np.bincount(classes)
    grown = np.cumsum((2 * _rank_within(sorted_classes) + 1) / counts[sorted_classes])
    score = (grown[places - 1] - places**2 / rows) * rows / (places * (rows - places))
    best = int(np.argmax(score))
    place, squared = places[best], float(np.clip(score[best], 0.0, 1.0))
    corrected = unbiased(squared * rows, rows, 2, int(np.count_nonzero(counts)))
    return Cut(int(sorted_times[place - 1]), int(sorted_times[place]), squared**0.5, corrected)


def _rank_within(classes: Integers) -> Integers:
    """Return how many earlier rows have the class of each row."""
    order = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    rank = np.empty(len(classes), dtype=np.int64)
    rank[order] = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank
