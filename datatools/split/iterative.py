"""Stratification of whole groups whose rows have several classes each: the rarest class first.

The order is that of iterative stratification (Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, ECML PKDD 2011,
algorithm 1): of the classes, the one with the fewest rows left has its turn, since a rare one is the hardest to divide. Its groups are
then placed by the chi-square cost of :mod:`datatools.split.greedy`, which weighs all classes of a group and its size, and not, as in the
paper, by the part that still wants most of that one class: a group of many rows would unsettle its other classes. With pairs of classes
as classes of their own this is the second-order form (Szymański and Kajdanowicz, PMLR 74, 2017, 22-35).
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from datatools.split import greedy
from datatools.split.costs import Pairs
from datatools.split.greedy import FREE

Integers = NDArray[np.int64]


def assign(
    groups: Integers,
    incidence: tuple[Integers, Integers],
    order: Integers,
    fractions: Sequence[float],
    fixed: Integers | None = None,
    needed: int = 0,
) -> Integers:
    """Return the number of the split of each group.

    Args:
        groups: group of each row, 0 .. G - 1.
        incidence: (rows, classes), one entry for each class of each row; classes are numbers 0 .. L - 1.
        order: the G groups; it decides among those of the class whose turn it is. Groups without a class come last.
        fractions: positive shares of the splits, summing to 1.
        fixed: split of each group that is placed already, -1 for the others, which are then placed around them.
        needed: classes 0 .. needed - 1 are to be learnt, as for :func:`datatools.split.greedy.assign`.
    """
    pairs = _pairs(groups, incidence, len(order))
    waiting = order if fixed is None else order[fixed[order] == FREE]
    sequence = rarest_first(pairs, waiting)
    # Number 0 stands for a row of any class, as in greedy.assign.
    totals = [len(groups), *np.bincount(incidence[1]).tolist()]
    wanted = [[share * max(total, 1.0) for total in totals] for share in fractions]
    return greedy.place(pairs, _complete(sequence, order), wanted, fixed, needed)


def _pairs(groups: Integers, incidence: tuple[Integers, Integers], count: int) -> list[Pairs]:
    rows, classes = incidence
    width = int(classes.max(initial=0)) + 1
    found: list[Pairs] = [[(0, size)] for size in np.bincount(groups, minlength=count).tolist()]
    codes, counts = np.unique(groups[rows] * width + classes, return_counts=True)
    for code, number in zip(codes.tolist(), counts.tolist(), strict=True):
        found[code // width].append((code % width + 1, number))
    return found


def rarest_first(pairs: Sequence[Pairs], order: Integers) -> list[int]:
    """Return the groups of ``order`` by turns of the class with the fewest rows among those left, the lower number of equals.

    Args:
        pairs: of each group, (class, rows); class 0 stands for any row and has no turn.
        order: decides within a turn, and among groups without a class, which come last.
    """
    members: dict[int, list[int]] = {}
    left: dict[int, int] = {}
    for group in order.tolist():
        for class_, count in pairs[group][1:]:
            members.setdefault(class_, []).append(group)
            left[class_] = left.get(class_, 0) + count
    turns = [(count, class_) for class_, count in left.items()]
    heapify(turns)
    sequence: dict[int, None] = {}
    while turns:
        count, turn = heappop(turns)
        if count and count == left[turn]:  # else an older count, which has fallen since and stands further up
            placed = [group for group in members[turn] if group not in sequence]
            sequence.update(dict.fromkeys(placed))
            for class_ in _take(placed, pairs, left):
                heappush(turns, (left[class_], class_))
    return list(sequence | dict.fromkeys(order.tolist()))


def _take(placed: Sequence[int], pairs: Sequence[Pairs], left: dict[int, int]) -> set[int]:
    """Count the rows of groups as no longer left; return the classes that they have."""
    changed: set[int] = set()
    for group in placed:
        for class_, rows in pairs[group][1:]:
            left[class_] -= rows
            changed.add(class_)
    return changed


def _complete(sequence: Sequence[int], order: Integers) -> Integers:
    """Return the sequence with the groups that it lacks, which are placed already, at its end."""
    return np.array(list(dict.fromkeys([*sequence, *order.tolist()])), dtype=np.int64)
