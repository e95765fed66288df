"""Columns on one scale: mean 0 and variance 1 in train."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Means and standard deviations of D columns; a column that does not vary, or less than a number can tell, has 1."""

    mean: Matrix
    deviation: Matrix

    @classmethod
    def of(cls, X: Matrix) -> "Scale":
        """Return the scale of ``X``, N x D, NaN = missing; each column has at least one number."""
        mean, deviation = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
        # The variance of a constant column may be a rounding error, by which nothing must be divided. Of large numbers that differ little,
        # such as microseconds since 1970, it is none: only equality tells.
        same = np.nanmin(X, axis=0) == np.nanmax(X, axis=0)
        return cls(mean, np.where(same | (deviation == 0), 1.0, deviation))

    @classmethod
    def load(cls, plain: Mapping[str, Any]) -> "Scale":
        """Return the scale that :meth:`plain` gave."""
        return cls(np.asarray(plain["mean"]), np.asarray(plain["scale"]))

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"mean": self.mean.tolist(), "scale": self.deviation.tolist()}

    def forth(self, X: Matrix) -> Matrix:
        """Return ``X`` in standard deviations from the mean."""
        return np.asarray((X - self.mean) / self.deviation, dtype=np.float64)

    def back(self, Z: Matrix) -> Matrix:
        """Return what :meth:`forth` scaled."""
        return np.asarray(Z * self.deviation + self.mean, dtype=np.float64)
