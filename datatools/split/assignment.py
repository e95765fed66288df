"""What a strategy hands back: a split per row, why rows were set aside, and what it promises."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given

Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Promise:
    """What a strategy claims about its split; the audit checks it.

    Attributes:
        fractions: the shares of rows aimed at; None where the data decide them.
        by_chance: whether the fractions are met by chance only, so that their spread is forgiven.
        gap: set by a temporal strategy: every time in a split plus the gap lies before every time in the next one.
        by_class: whether each class is to have the same share in each split; else these shares are as chance or the data make them.
        by_domain: whether domains are separated on purpose.
        separator: what stands between the classes of a label that names several.
        repair: what to do about a group in two splits, said where the audit finds one.
    """

    fractions: Fractions | None = None
    by_chance: bool = False
    gap: timedelta | None = None
    by_class: bool = False
    by_domain: bool = False
    separator: str | None = None
    repair: str = ""


@dataclass(frozen=True)
class Assignment:
    """The split of each row, in the order of the rows.

    Attributes:
        split: ``train``, ``val``, ``test``, or None for a row that is set aside because it would leak.
        why: the reason for each row that is set aside, else an empty string.
        promise: what the audit holds the strategy to.
        notes: what the strategy did that nobody asked for, one sentence each, to be told in the output.
    """

    split: Objects
    why: Objects
    promise: Promise
    notes: tuple[str, ...] = ()

    def set_aside(self) -> dict[str, int]:
        """Return how many rows were set aside for which reason."""
        return dict(sorted(Counter(str(reason) for reason in self.why if reason).items()))


class Splitter(Protocol):
    """A strategy: made from its settings, called on the rows of a manifest."""

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row of ``rows`` (schema DEDUPLICATED); the order of the rows does not matter.

        Raises:
            DataError: the rows lack what the strategy goes by, or ``given`` asks what it cannot respect.
        """
        ...


def from_numbers(numbers: NDArray[Any], promise: Promise, why: Objects | None = None) -> Assignment:
    """Turn split numbers (0 train, 1 val, 2 test, -1 set aside) into an assignment."""
    names = np.array([*SPLITS, None], dtype=object)
    reasons = np.full(len(numbers), "", dtype=object) if why is None else why
    return Assignment(names[numbers], np.where(numbers < 0, reasons, ""), promise)
