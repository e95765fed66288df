"""Mending a placement of groups: splits that are too large give groups away, and one that lacks a class gets a group of it in exchange."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools.split.costs import Pairs, add, growth, relief

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
TRAIN = 0
CANDIDATES, NEAR = 8, 32  # groups of a class that are tried, and groups of like size that are tried in return for each
WHOLE = 0.5  # rounding gives a split a row of a class from this quota on
# Share of all rows by which a split may be off before groups are moved for it; the audit warns from here on.
LEVEL = 0.02


class Exchange(NamedTuple):
    """A group that is to change sides, the one that goes back for it, if any, and by how much both change the distance."""

    change: float
    group: int
    back: int | None


def mend(
    pairs: Sequence[Pairs],
    placed: Integers,
    wanted: Sequence[Sequence[float]],
    have: list[list[float]],
    needed: int,
    free: Flags,
) -> Integers:
    """Return the split of each group after moves that even out the rows and exchanges that give train what it lacks.

    Rows first: many small classes, each rounded the same way, add up to a lopsided split. Where one is off by more than :data:`LEVEL`,
    groups leave it as long as that lowers the chi-square distance, in which all rows together weigh as much as all classes.

    Then classes: an exchange for train is made whatever it costs in shares, since no model can know a class that it has not seen; but no
    split is emptied for it, and train never gives a class away. An exchange for another split is made where it lowers the distance, of a
    class of which that split could have a row, and takes a needed class from nobody.

    Args:
        pairs: of each group, (class, rows); class 0 stands for a row of any class.
        placed: split of each group.
        wanted: quota of each class in each split.
        have: rows of each class in each split; changed in place.
        needed: classes 1 .. needed are looked at.
        free: which groups may be moved.
    """
    layout = Layout(pairs, placed.copy(), wanted, have, needed, free)
    layout.even_out()
    lacking = [(split, class_) for split in range(len(wanted)) for class_ in _lacked(have, wanted, needed, split)]
    members = _members(pairs, {class_ for _, class_ in lacking}, free)
    for split, class_ in lacking:
        if not have[split][class_]:
            layout.give(split, members[class_])
    return layout.placed


def _lacked(
    have: Sequence[Sequence[float]], wanted: Sequence[Sequence[float]], needed: int, split: int
) -> Iterable[int]:
    absent = np.array(have[split][1 : needed + 1]) == 0
    if split != TRAIN:
        absent &= np.array(wanted[split][1 : needed + 1]) >= WHOLE
    return (np.flatnonzero(absent) + 1).tolist()


def _members(pairs: Sequence[Pairs], classes: set[int], free: Flags) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {class_: [] for class_ in classes}
    for group in np.flatnonzero(free).tolist():
        for class_, _ in pairs[group]:
            if class_ in classes:
                found[class_].append(group)
    return found


@dataclass(frozen=True)
class Layout:
    """Where groups lie; the fields are those of :func:`mend`."""

    pairs: Sequence[Pairs]
    placed: Integers
    wanted: Sequence[Sequence[float]]
    have: list[list[float]]
    needed: int
    free: Flags

    @cached_property
    def sizes(self) -> Integers:
        """Return the rows of each group."""
        return np.array([sum(count for class_, count in pairs if class_ == 0) for pairs in self.pairs], dtype=np.int64)

    @cached_property
    def by_size(self) -> Integers:
        """Return the groups by size."""
        return np.argsort(self.sizes, kind="stable")

    def even_out(self) -> None:
        """Move groups from the splits that are too large to the one that wants most, those first whose classes it costs least."""
        rows = sum(have[0] for have in self.have)
        if max(map(abs, self._over())) <= max(1.0, LEVEL * rows):
            return
        over = self._over()
        large, wants = np.flatnonzero(np.array(over) > 0), over.index(min(over))
        groups = np.flatnonzero(self.free & np.isin(self.placed, large)).tolist()
        for group in sorted(groups, key=lambda group: (self._change(group, wants), group)):
            over = self._over()
            source, target = int(self.placed[group]), over.index(min(over))
            stays = self._spared(group) if source == TRAIN else self.have[source][0] > self.sizes[group]
            if over[source] > 0 and stays and self._change(group, target) < 0:
                self._move(group, target)

    def _over(self) -> list[float]:
        return [have[0] - wanted[0] for have, wanted in zip(self.have, self.wanted, strict=True)]

    def give(self, split: int, members: Sequence[int]) -> None:
        """Make the best exchange that brings one of the members, groups of a class that the split lacks, into it, if one may be made."""
        able = [group for group in members if split == TRAIN or self._spared(group)]
        nearest = sorted(able, key=lambda group: (self._change(group, split), group))[:CANDIDATES]
        found = min((one for group in nearest for one in self._exchanges(group, split)), default=None, key=_by)
        if found is not None and (split == TRAIN or found.change < 0):
            source = int(self.placed[found.group])
            self._move(found.group, split)
            if found.back is not None:
                self._move(found.back, source)

    def _exchanges(self, group: int, split: int) -> Iterator[Exchange]:
        source = int(self.placed[group])
        change = self._change(group, split)
        self._move(group, split)
        if self.have[source][0]:
            yield Exchange(change, group, None)
        for back in self._near(group, split):
            if self._spared(back):
                yield Exchange(change + self._change(back, source), group, back)
        self._move(group, source)

    def _near(self, group: int, split: int) -> Iterator[int]:
        """Yield free groups of the split, those of like size first, but not the group itself."""
        at = int(np.searchsorted(self.sizes[self.by_size], self.sizes[group]))
        around = self.by_size[max(0, at - NEAR) : at + NEAR]
        for other in around[(self.placed[around] == split) & self.free[around]].tolist():
            if other != group:
                yield other

    def _spared(self, group: int) -> bool:
        """Whether the split of the group keeps all needed classes without it."""
        have = self.have[self.placed[group]]
        return all(have[class_] > count for class_, count in self.pairs[group] if class_ <= self.needed)

    def _change(self, group: int, split: int) -> float:
        """Return how the distance changes when the group moves to the split; all rows together weigh as much as all classes."""
        source, rows = self.placed[group], [(0, int(self.sizes[group]))]
        own, other = (self.have[source], self.wanted[source]), (self.have[split], self.wanted[split])
        more = len(self.wanted[split]) - 2  # one is in the pairs
        pairs = self.pairs[group]
        return relief(pairs, *own) + growth(pairs, *other) + more * (relief(rows, *own) + growth(rows, *other))

    def _move(self, group: int, split: int) -> None:
        add(self.pairs[group], self.have[self.placed[group]], -1)
        add(self.pairs[group], self.have[split])
        self.placed[group] = split


def _by(exchange: Exchange) -> tuple[float, int, int]:
    return exchange.change, exchange.group, -1 if exchange.back is None else exchange.back
