"""Dividing whole groups among splits so that each class keeps its share: one pass, largest group first.

Each group goes where it lowers the chi-square distance between counts and quotas most. For single rows of one class this is the
apportionment of Webster and Sainte-Lague (Balinski and Young, Fair Representation, 1982). scikit-learn's StratifiedGroupKFold is greedy
too, but recomputes all folds for each group; here a step costs only the classes that the group holds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datatools.split.costs import Pairs, add, growth
from datatools.split.mending import mend

Integers = NDArray[np.int64]
FREE = -1
TRAIN = 0


def assign(
    groups: Integers,
    classes: Integers,
    order: Integers,
    fractions: Sequence[float],
    fixed: Integers | None = None,
    needed: int = 0,
) -> Integers:
    """Return the number of the split of each group.

    Args:
        groups: group of each row, 0 .. G - 1.
        classes: class of each row, 0 .. K - 1.
        order: the G groups in the order in which they are placed.
        fractions: positive shares of the splits, summing to 1.
        fixed: split of each group that is placed already, -1 for the others, which are then placed around them.
        needed: classes 0 .. needed - 1 are to be learnt: split 0 is train, and lacks none of them if a few moves can bring that about.
            0 where no split is train, as in cross-validation.

    With one class, three splits and nothing fixed, a split of share f ends at most (1 + f) / 2 of the largest group above its quota of
    rows, and at most (3 - f) / 2 below. With more classes there is no such bound for each; 20,000 rows in 3,000 groups came within .001
    of every share.
    """
    pairs = _pairs_of_groups(groups, _with_total(classes), len(order))
    return place(pairs, order, _quotas(classes, fractions), fixed, needed)


def place(
    pairs: Sequence[Pairs],
    order: Integers,
    wanted: Sequence[Sequence[float]],
    fixed: Integers | None = None,
    needed: int = 0,
) -> Integers:
    """Return the split of each group, chosen one group after the other where it costs least, the first split of equals.

    Args:
        pairs: of each group, the classes that it holds, each with its number of rows; class 0 stands for a row of any class.
        order: as for :func:`assign`.
        wanted: the positive quota of each class in each split.
        fixed: as for :func:`assign`.
        needed: classes 1 .. needed are to be learnt, see :func:`assign`.
    """
    have = [[0.0] * len(quotas) for quotas in wanted]
    placed = np.full(len(order), FREE, dtype=np.int64) if fixed is None else fixed.copy()
    free = placed == FREE
    for group in np.flatnonzero(~free).tolist():
        add(pairs[group], have[placed[group]])
    small = _small(wanted) if needed else frozenset()
    for group in order[free[order]].tolist():
        told = _telling(pairs[group], small, have[TRAIN]) if small else pairs[group]
        costs = [growth(told, have[split], wanted[split]) for split in range(len(wanted))]
        best = costs.index(min(costs))
        placed[group] = best
        add(pairs[group], have[best])
    return mend(pairs, placed, wanted, have, needed, free) if needed else placed


def _small(wanted: Sequence[Sequence[float]]) -> frozenset[int]:
    """Return the classes of which rounding gives some split no row."""
    least = np.array(wanted).min(axis=0)
    return frozenset((np.flatnonzero(least[1:] < 0.5) + 1).tolist())


def _telling(pairs: Pairs, small: frozenset[int], train: Sequence[float]) -> Pairs:
    # The rows of a class that cannot be shared out would all be rounded into train, and many such classes overfill it. So it counts only
    # until train has it; its other rows go where rows are wanted.
    return [pair for pair in pairs if pair[0] not in small or not train[pair[0]]]


def _with_total(classes: Integers) -> tuple[Integers, ...]:
    # All rows together count as one more class: many small classes, each rounded the same way, would add up to a lopsided split.
    return classes + 1, np.zeros_like(classes)


def _quotas(classes: Integers, fractions: Sequence[float]) -> list[list[float]]:
    totals = [float(len(classes)), *np.bincount(classes).astype(float).tolist()]
    return [[share * max(total, 1.0) for total in totals] for share in fractions]


def _pairs_of_groups(groups: Integers, columns: tuple[Integers, ...], count: int) -> list[Pairs]:
    pairs: list[Pairs] = [[] for _ in range(count)]
    for classes in columns:
        width = int(classes.max(initial=0)) + 1
        codes, rows = np.unique(groups * width + classes, return_counts=True)
        for code, number in zip(codes.tolist(), rows.tolist(), strict=True):
            pairs[code // width].append((code % width, number))
    return pairs
