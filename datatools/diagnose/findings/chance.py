"""Tests and intervals for shares of images, in which images of one thing (cluster, patient, product) are no independent proof."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Mean:
    """A mean over images with its standard error, and the number of independent images that would be worth as much."""

    value: float
    error: float
    n: int
    worth: float

    @property
    def low(self) -> float:
        """Return the lower end of the 95 % interval."""
        return self.value - Z * self.error

    @property
    def high(self) -> float:
        """Return the upper end of the 95 % interval."""
        return self.value + Z * self.error


def mean(values: NDArray[np.floating] | NDArray[np.bool_], groups: Integers) -> Mean:
    """Return the mean of one value per image; images of one group may share their errors (Liang and Zeger, Biometrika 73, 1986).

    Raises:
        ValueError: there is no image.
    """
    found = np.asarray(values, dtype=np.float64)
    if not found.size:
        raise ValueError("the mean of no image is not defined")
    number = np.unique(groups, return_inverse=True)[1]
    residuals = found - found.mean()
    alone, together = float((residuals**2).sum()), float((np.bincount(number, residuals) ** 2).sum())
    count = int(number.max()) + 1
    if count == 1:  # one thing, however often it was photographed
        return Mean(float(found.mean()), float(np.sqrt(alone / len(found))), len(found), 1.0)
    together *= count / (count - 1)
    inflation = max(1.0, together / alone) if alone > 0 else len(found) / count
    error = float(np.sqrt(max(alone, together))) / len(found)
    return Mean(float(found.mean()), error, len(found), len(found) / inflation)


def lead(values: NDArray[np.floating], groups: Integers) -> Mean:
    """Return the mean of leads of -1, 0 or 1 with an interval that has a width even where there is no lead.

    Bonett and Price (Journal of Educational and Behavioral Statistics 37, 2012, 479-488): one more group of mean size leads, and one lags,
    by as much as groups that differ do.
    """
    number = np.unique(groups, return_inverse=True)[1]
    size = len(values) / (int(number.max()) + 1)
    found = np.bincount(number, values)
    differ = np.abs(found[found != 0])
    one = float(differ.mean()) if differ.size else size
    sums, counts = np.append(found, [one, -one]), np.append(np.bincount(number), [size, size])
    centre = float(sums.sum() / counts.sum())
    error = float(np.sqrt(((sums - centre * counts) ** 2).sum()) / counts.sum())
    return Mean(float(np.mean(values)), error, len(values), len(values) / size)


def share(right: NDArray[np.bool_], groups: Integers) -> tuple[float, float, float]:
    """Return a share with Wilson's interval (JASA 22, 1927) for the number of images that are independent."""
    found = mean(right, groups)
    shrink = 1 + Z**2 / found.worth
    centre = (found.value + Z**2 / (2 * found.worth)) / shrink
    half = Z / shrink * float(np.sqrt(found.value * (1 - found.value) / found.worth + Z**2 / (4 * found.worth**2)))
    return found.value, min(found.value, max(0.0, centre - half)), max(found.value, min(1.0, centre + half))


def below(
    first: NDArray[np.bool_], second: NDArray[np.bool_], first_groups: Integers, second_groups: Integers
) -> float:
    """Return how probable so much smaller a share in the first set is, where both have the same: the score test of two shares.

    With the correction for continuity, which makes it as careful as Fisher's exact test.
    """
    one, other = mean(first, first_groups), mean(second, second_groups)
    parts = 1 / one.worth + 1 / other.worth
    pooled = (one.value * one.worth + other.value * other.worth) / (one.worth + other.worth)
    spread = float(np.sqrt(pooled * (1 - pooled) * parts))
    lead = other.value - one.value - parts / 2
    return 1.0 if lead <= 0 or spread == 0 else float(norm.sf(lead / spread))


def above_zero(values: NDArray[np.floating], groups: Integers) -> float:
    """Return how probable so large a mean is where each group's sum could as well have the other sign."""
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], np.asarray(values, dtype=np.float64))
    spread = float(np.sqrt((sums**2).sum()))
    return float(norm.sf(sums.sum() / spread)) if spread > 0 else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """Return adjusted p-values (Holm, Scandinavian Journal of Statistics 6, 1979): at most so often any of them lies below by chance."""
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in adjusted]
