"""How far a split is from its fractions and from the classes' shares: the measures of the field."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def deviation(split: Integers, has: Flags, parts: int) -> float:
    """Return the largest difference between a class's share in a part and in all rows.

    Args:
        split: part of each row, 0 .. parts - 1.
        has: which row has which class, shape (rows, classes).
    """
    return float(np.abs(_shares(split, has, parts) - has.mean(axis=0)).max())


def label_distribution(split: Integers, has: Flags, parts: int) -> float:
    """Return LD: the odds of a class in a part against its odds in all rows, the mean absolute difference over classes and parts.

    Source: Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, ECML PKDD 2011, section 4.
    """
    inside, overall = _shares(split, has, parts), has.mean(axis=0)
    return float(np.abs(inside / (1 - inside) - overall / (1 - overall)).mean())


def examples(split: Integers, fractions: Sequence[float]) -> float:
    """Return ED: the difference between a part's rows and what its fraction wants, in rows, the mean over the parts (same source)."""
    return float(np.abs(np.bincount(split, minlength=len(fractions)) - len(split) * np.array(fractions)).mean())


def without(split: Integers, has: Flags, parts: int) -> int:
    """Return FLZ: how many times a part has no row of a class (same source)."""
    return int((_shares(split, has, parts) == 0).sum())


def _shares(split: Integers, has: Flags, parts: int) -> Floats:
    return np.stack([has[split == part].mean(axis=0) for part in range(parts)])
