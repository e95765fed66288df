"""The two kinds of method, and what a fitted one looks like."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Fitted = Mapping[str, Any]  # plain JSON: numbers, texts, lists, dicts


class NumericMethod(Protocol):
    """Fills a matrix of numbers. Row ``i`` of the result depends on row ``i`` and on what was fitted, and on nothing else."""

    @property
    def method(self) -> str:
        """Return the name of the method."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the settings, with ``mode="json"`` as JSON, from which the method can be made again."""
        ...

    def fit(self, X: Matrix) -> Fitted:
        """Learn from ``X``, N x D, NaN = missing; each column has at least one number."""
        ...

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return a copy of ``X``, M x D, without NaN; known numbers are unchanged to the bit."""
        ...


class CategoricalMethod(Protocol):
    """Chooses what stands for a missing category of one column."""

    @property
    def method(self) -> str:
        """Return the name of the method."""
        ...

    def fit(self, values: "pd.Series[Any]") -> str:
        """Return the fill value; ``values`` are the known ones of train, at least one."""
        ...


def fill_columns(X: Matrix, values: Sequence[float]) -> Matrix:
    """Return a copy of ``X`` with column ``j`` filled by ``values[j]``."""
    return np.where(np.isnan(X), np.asarray(values, dtype=np.float64), X)
