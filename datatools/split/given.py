"""What a strategy is told beside the rows: which of them stay where they are, and how labels are read."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from datatools.errors import DataError
from datatools.split.groups import Groups
from datatools.split.labels import Labels

Integers = NDArray[np.int64]
FREE = -1


@dataclass(frozen=True)
class Given:
    """What holds whatever the strategy.

    Attributes:
        anchors: split number of each row that stays where it was, -1 for the others; rows of a group agree. None: no row is bound.
        labels: whether a label names one class or several.
    """

    anchors: Integers | None = None
    labels: Labels = field(default_factory=Labels)

    def fixed(self, found: Groups) -> Integers | None:
        """Return the split number of each group that is bound, -1 for the others; None where none is."""
        return None if self.anchors is None else of_groups(found, self.anchors)

    def refuse_anchors(self, what: str) -> None:
        """Raise DataError where rows are bound, for a strategy that cannot respect it."""
        if self.anchors is not None and (self.anchors != FREE).any():
            raise DataError(
                f"splits.csv: binds {int((self.anchors != FREE).sum()):,} images to a split, which {what} cannot respect; "
                "leave only its header, or use strategy stratified, random or hashed without folds"
            )


NOTHING = Given()


def of_groups(found: Groups, numbers: Integers) -> Integers:
    """Return one number per group from numbers per row, of which a group's are equal or -1."""
    fixed = np.full(len(found.keys), FREE, dtype=np.int64)
    bound = numbers != FREE
    fixed[found.of_row[bound]] = numbers[bound]
    return fixed
