"""Groups whose rows were put into several splits by somebody else: who stays, and who goes."""

import numpy as np
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split.groups import Groups

Integers = NDArray[np.int64]
Objects = NDArray[np.object_]
ASIDE = -1


def most_protected(found: Groups, numbers: Integers) -> Integers:
    """Return for each group the highest split number (0 train, 1 val, 2 test) among its rows, -1 where no row has one.

    Test is protected before val, and val before train: scores on it have been published, while train rows can be spared.
    """
    highest = np.full(len(found.keys), ASIDE, dtype=np.int64)
    np.maximum.at(highest, found.of_row, numbers)
    return highest


def divided(found: Groups, numbers: Integers) -> NDArray[np.bool_]:
    """Return which groups have rows in more than one split; rows with -1 are in none."""
    lowest = np.full(len(found.keys), len(SPLITS), dtype=np.int64)
    placed = numbers >= 0
    np.minimum.at(lowest, found.of_row[placed], numbers[placed])
    return lowest < most_protected(found, numbers)


def keep_protected(found: Groups, numbers: Integers) -> tuple[Integers, Objects]:
    """Set aside the rows of divided groups that are not in the group's most protected split; return splits and reasons."""
    stays = most_protected(found, numbers)[found.of_row]
    goes = (numbers >= 0) & (numbers != stays)
    why = np.full(len(numbers), "", dtype=object)
    why[goes] = [reason(int(split)) for split in stays[goes]]
    return np.where(goes, ASIDE, numbers), why


def reason(stays: int) -> str:
    """Return why a row is set aside whose group stays in split number ``stays``."""
    return f"its group lies in {SPLITS[stays]}, which keeps it"
