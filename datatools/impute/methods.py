"""The kinds of method, and what a fitted one looks like."""

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

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:
        """Learn from ``X``, N x D, NaN = missing; each column has at least one number. ``seed`` feeds what is drawn."""
        ...

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return a copy of ``X``, M x D, without NaN; known numbers are unchanged to the bit."""
        ...


class Candidate(NumericMethod, Protocol):
    """A method of which one can say beforehand how long it takes."""

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps, of a nanosecond or less, it takes to fit and fill a table of that size."""
        ...


class CategoricalMethod(Protocol):
    """Chooses what stands for the missing categories of one column, row by row."""

    @property
    def method(self) -> str:
        """Return the name of the method."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the settings, with ``mode="json"`` as JSON, from which the method can be made again."""
        ...

    def fit(self, values: "pd.Series[Any]", inputs: Matrix) -> Fitted:
        """Learn from a column of train, null = missing, at least one known, and from what stands beside it, N x P without NaN."""
        ...

    def fill(self, fitted: Fitted, values: "pd.Series[Any]", inputs: Matrix) -> "pd.Series[Any]":
        """Return the column without nulls; known values are unchanged."""
        ...


def fill_columns(X: Matrix, values: Sequence[float]) -> Matrix:
    """Return a copy of ``X`` with column ``j`` filled by ``values[j]``."""
    return np.where(np.isnan(X), np.asarray(values, dtype=np.float64), X)
