"""Class probabilities of every labelled image by a linear probe that saw neither the image nor anything tied to it.

What a probe says of the rows that it was fitted on tells nothing about their labels: it has learnt them, the wrong ones too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datatools import seeds
from datatools.errors import DataError
from finetune import probe
from finetune.probe import Matrix, Rows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Names = NDArray[np.str_]

MOST = 10_000  # rows that one probe is fitted on: more change its answers little, and cost minutes


@dataclass(frozen=True)
class Answers:
    """What the probes say of n labelled rows.

    Attributes:
        classes: all labels, sorted.
        probabilities: shape (n, classes), rows sum to 1; 0 for a class that a row's probe has not seen.
        judged: whether a row's own class was there to learn for each probe that answered; where it was not, nothing is said of the label.
    """

    classes: tuple[str, ...]
    probabilities: Floats
    judged: Rows


def answers(
    features: Matrix,
    labels: Names,
    learn: Rows,
    groups: Integers,
    strength: float,
    seed: int,
    folds: int,
    rounds: int = 1,
) -> Answers:
    """Ask of each row probes that were fitted without its group.

    Rows to learn from are dealt into folds; each fold is answered by a probe fitted on the others. The rest are answered by one fitted on
    all rows to learn from, but those of their own groups.

    Args:
        features: shape (n, width), of labelled rows only.
        labels: n class names.
        learn: which rows may be learnt from, shape (n,); such as train and val.
        groups: of each row; those of one group are never on both sides.
        strength: C of the penalty.
        seed: draws the folds.
        folds: at least 2. A class of two groups or more is there to learn in each.
        rounds: how many ways to deal the rows; the probabilities are the mean.

    Raises:
        DataError: there is no row to learn from, or a fold would have fewer than two classes to learn.
    """
    if not learn.any():
        raise DataError("no labelled row to learn from")
    classes = tuple(sorted(set(labels.tolist())))
    total, judged = np.zeros((len(labels), len(classes))), np.ones(len(labels), dtype=bool)
    for number in range(rounds):
        fold = deal(labels, learn, groups, folds, seeds.generator(seed, "out of fold", number))
        for held in (fold == part for part in range(-1, folds)):
            if held.any():
                fitting = some(learn & ~np.isin(groups, groups[held]), groups, seed)
                fitted = probe.fit(features, labels.tolist(), fitting, np.zeros_like(fitting), (strength,))
                columns = np.searchsorted(classes, fitted.classes)
                total[np.ix_(held, columns)] += fitted.probabilities(features[held])
                judged[held] &= np.isin(labels[held], fitted.classes)
    return Answers(classes, total / rounds, judged)


def some(rows: Rows, groups: Integers, seed: int, most: int = MOST) -> Rows:
    """Return all the rows, or whole groups of them, drawn at random, that hold about so many."""
    if rows.sum() <= most:
        return rows
    _, of_row, sizes = np.unique(groups[rows], return_inverse=True, return_counts=True)
    order = seeds.generator(seed, "out of fold", "some").permutation(len(sizes))
    taken = np.zeros(len(sizes), dtype=bool)
    taken[order[np.cumsum(sizes[order]) <= most]] = True
    chosen = rows.copy()
    chosen[rows] = taken[of_row]
    return chosen


def deal(labels: Names, learn: Rows, groups: Integers, folds: int, random: np.random.Generator) -> Integers:
    """Return the fold of each row, -1 for rows that are not learnt from.

    Whole groups are dealt out in turn, by the label of their first row: of such groups no two folds differ by more than one.
    """
    fold = np.full(len(labels), -1, dtype=np.int64)
    rows = np.flatnonzero(learn)
    names, first, of_row = np.unique(groups[rows], return_index=True, return_inverse=True)
    drawn = random.permutation(len(names))
    order = drawn[np.argsort(labels[rows[first[drawn]]], kind="stable")]
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names)) % folds
    fold[rows] = place[of_row]
    return fold
