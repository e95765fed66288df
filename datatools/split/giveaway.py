"""How well the values of one column give labels away: each entry is guessed from other groups with its value, or with the nearest one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

SURE = 0.99
REPEATED = 0.5  # least share of entries whose value another entry has too: below, text is names, and numbers are compared by nearness


@dataclass(frozen=True)
class Labels:
    """Labels as numbers, and the classes that each names.

    Attributes:
        codes: label number of each row.
        classes: shape (labels, classes), 1 where the label names the class.
    """

    codes: Integers
    classes: csr_array


@dataclass(frozen=True)
class Tally:
    """How often guesses were right. An entry is a distinct triple of group, value and label.

    Attributes:
        entries: how many were guessed, and of how many ``groups`` they are.
        right: of how many the whole label was.
        base: of how many it would be, always naming the most frequent label.
        wrong: per class, of how many entries having it was guessed wrongly.
        having: per class, how many entries have it.
        near: whether the guess is the nearest value's label, so that errors are owed to borders between classes.
    """

    entries: int
    groups: int
    right: int
    base: int
    wrong: Integers
    having: Integers
    near: bool

    @property
    def accuracy(self) -> float:
        """Return the share of whole labels guessed."""
        return self.right / self.entries

    def sure(self, borders: int) -> bool:
        """Return whether the value determines the label, and the commonest label alone does not."""
        return self.base < self.entries and self._few(self.entries - self.right, self.entries - self.base, borders)

    def sure_classes(self, fewest: int) -> list[int]:
        """Return the classes that the value gives away, of those that ``fewest`` entries have and as many lack."""
        rarer = np.minimum(self.having, self.entries - self.having)
        judged = np.flatnonzero(rarer >= fewest).tolist()
        return [number for number in judged if self._few(int(self.wrong[number]), int(rarer[number]), borders=2)]

    def _few(self, errors: int, errors_of_base: int, borders: int) -> bool:
        """Return whether errors are 1 % at most, and a tenth of those made without the value.

        Where neighbours are compared, an error per border between classes is forgiven: even the clearest column makes those.
        """
        left = errors - (min(borders, self.entries // 20) if self.near else 0)
        return left <= (1 - SURE) * self.entries and left <= 0.1 * errors_of_base


def tally(values: NDArray[np.number], numeric: bool, labels: Labels, members: Integers, fewest: int) -> Tally | None:
    """Guess each entry; None where fewer than ``fewest`` can be, or the values are nearly unique and no numbers.

    Args:
        values: numbers, or codes of anything else; none missing.
        numeric: whether nearness of values means something.
        labels: of the same rows.
        members: group of each row, counted as one however many rows it has.
    """
    if not len(values):
        return None
    distinct, value = np.unique(values, return_inverse=True)
    triple = (value * labels.classes.shape[0] + labels.codes) * (int(members.max()) + 1) + members
    row = np.unique(triple, return_index=True)[1]  # in order of value, label and group
    value, label, member = value[row], labels.codes[row], members[row]
    repeated = np.bincount(value)[value] >= 2
    found = None
    if repeated.sum() >= REPEATED * len(value):
        found = _majority(value[repeated], label[repeated], member[repeated], labels.classes)
    elif numeric:
        found = _nearest(distinct[value].astype(np.float64), label, member, labels.classes)
    return found if found is not None and found.entries >= fewest else None


def _majority(value: Integers, label: Integers, member: Integers, classes: csr_array) -> Tally:
    """Guess the strict majority among the other entries with the same value, of labels and of having each class."""
    rows = np.bincount(value)
    cells, held = np.unique(value * classes.shape[0] + label, return_counts=True)
    of_value, of_label = np.divmod(cells, classes.shape[0])
    table = csr_array((held, (of_value, of_label)), shape=(len(rows), classes.shape[0]))
    per_class = (table @ classes).tocoo()
    having, lacking = per_class.data, rows[per_class.row] - per_class.data
    wrong = having * (having - 1 <= lacking) + lacking * (lacking - 1 <= having)
    count = classes.shape[1]
    return Tally(
        entries=len(value),
        groups=len(np.unique(member)),
        right=_right(of_value, held),
        base=int(np.bincount(label).max(initial=0)),
        wrong=np.bincount(per_class.col, weights=wrong, minlength=count).astype(np.int64),
        having=np.bincount(per_class.col, weights=having, minlength=count).astype(np.int64),
        near=False,
    )


def _right(of_value: Integers, held: Integers) -> int:
    """Count the entries whose label is the strict majority among the others with their value; cells in order of their value."""
    order = np.lexsort((-held, of_value))
    held, first = held[order], np.append(True, np.diff(of_value) > 0)
    runner_up = np.append(np.where(first[1:], 0, held[1:]), 0)
    return int(held[first & (held - 1 > runner_up)].sum())


def _nearest(number: Floats, label: Integers, member: Integers, classes: csr_array) -> Tally | None:
    """Guess the label of the nearest value of another group; entries rise with their values."""
    if len(np.unique(member)) < 2:
        return None
    near = _neighbour(number, member)
    own, other = classes[label], classes[label[near]]
    having, both = own.sum(axis=0), own.multiply(other).sum(axis=0)
    return Tally(
        entries=len(label),
        groups=len(np.unique(member)),
        right=int((label == label[near]).sum()),
        base=int(np.bincount(label).max(initial=0)),
        wrong=np.asarray(having + other.sum(axis=0) - 2 * both, dtype=np.int64),
        having=np.asarray(having, dtype=np.int64),
        near=True,
    )


def _neighbour(number: Floats, member: Integers) -> Integers:
    """Return for each entry the place of the nearest one of another group; numbers rise."""
    starts = np.append(True, np.diff(member) != 0)
    run, first = np.cumsum(starts) - 1, np.flatnonzero(starts)
    before = first[run] - 1
    after = np.append(first[1:], len(member))[run]
    left = np.where(before >= 0, number - number[before], np.inf)
    right = np.where(after < len(number), number[np.minimum(after, len(number) - 1)] - number, np.inf)
    found: Integers = np.where(left <= right, before, after)
    return found
