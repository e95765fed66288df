"""Split by a hash of each group's name: what a group gets depends on nothing but its name and the seed."""

import hashlib
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.settings import Settings
from datatools.split import groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import FREE, NOTHING, Given

Floats = NDArray[np.float64]
TRAIN, VAL, TEST = 0, 1, 2


class Hashed(Settings):
    """Each group where the hash of seed and name puts it, without a look at the others.

    **Guarantee**: a row keeps its split whatever other rows come, go or change, as long as its group keeps its name and the settings
    stay. The name of a group is its smallest ``group_id``, or, where none of its rows has one, its smallest ``cluster_id``, and a cluster
    bears its smallest image's id. A group that no near-duplicate ties to another thus keeps its name as long as one row bears its
    ``group_id``. A row can move in these cases only:

    * its own ``group_id`` changes;
    * a near-duplicate that ties its group to another comes or goes: both then bear the smaller name, or no longer;
    * without a ``group_id``: the image of its cluster with the smallest ``image_id`` goes, or one with a smaller one comes.

    A name that outlives every member cannot be had without a file: whatever member decides it may be the one that goes. Where images
    are deleted, hold the split with ``splits.csv`` (:mod:`datatools.split.anchors`).

    Test is the low end of the hash, val the high end and train what lies between, so a larger share of test or val takes rows from train
    alone. The price: shares of rows and classes are what chance makes of them.
    """

    method: Literal["hashed"] = Field(
        default="hashed",
        description="By a hash of each group's name: a row moves only if that name changes (docs/splitting.md); shares are chance.",
    )
    fractions: Fractions = Field(
        default=Fractions(), description="Chance of each group to get into train, val and test."
    )
    folds: Parts | None = Field(
        default=None, description="Cross-validation instead of fractions: {count: 5, fold: 0}; null for one split."
    )

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows."""
        found = groups.find(rows)
        drawn = np.array([unit(seed, *name) for name in names(rows, found)], dtype=np.float64)
        if self.folds is not None:
            given.refuse_anchors("cross-validation")
            parts = (drawn * self.folds.count).astype(np.int64)
            promise = Promise(fractions=self.folds.fractions(), by_chance=True)
            return from_numbers(self.folds.splits(parts)[found.of_row], promise)
        _, val, test = self.fractions.as_tuple()
        placed = np.select([drawn < test, drawn >= 1 - val], [TEST, VAL], TRAIN).astype(np.int64)
        fixed = given.fixed(found)
        if fixed is not None:
            placed = np.where(fixed == FREE, placed, fixed)
        return from_numbers(placed[found.of_row], Promise(fractions=self.fractions, by_chance=True))


def names(rows: pd.DataFrame, found: groups.Groups) -> list[tuple[str, str]]:
    """Return what each group is called: ("group", its smallest group_id), or ("cluster", its smallest cluster_id)."""
    own = _smallest(rows["group_id"], found)
    clusters = _smallest(rows["cluster_id"], found)
    return [
        ("cluster", str(cluster)) if group is None else ("group", str(group))
        for group, cluster in zip(own, clusters, strict=True)
    ]


def _smallest(values: "pd.Series[str]", found: groups.Groups) -> list[str | None]:
    numbers, distinct = pd.factorize(values, sort=True)
    least = np.full(len(found.keys), len(distinct), dtype=np.int64)
    known = numbers >= 0
    np.minimum.at(least, found.of_row[known], numbers[known])
    return [None if number == len(distinct) else str(distinct[number]) for number in least.tolist()]


def unit(seed: int, kind: str, name: str) -> float:
    """Return the hash of a name as a number in [0, 1): the first 53 bits of SHA-256."""
    digest = hashlib.sha256(repr((int(seed), "hashed", kind, name)).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
