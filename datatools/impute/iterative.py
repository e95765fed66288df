"""Each column from all others, in rounds (van Buuren and Groothuis-Oudshoorn, mice, J. Stat. Software 45 (2011)), with Bayesian ridge."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from threadpoolctl import threadpool_limits

from datatools.impute import ridge
from datatools.impute.methods import Fitted, Matrix
from datatools.impute.scaling import Scale
from datatools.settings import Settings

Booleans = NDArray[np.bool_]


class IterativeFill(Settings):
    """Fill each column by a regression on the others, again and again until the fills stand still.

    Columns are scaled to mean 0 and variance 1, start from their means and are taken from the fullest to the emptiest. Every regression
    of every round is kept, so that new rows pass through the same steps. A fill never leaves the range of the column in train: a line
    runs on for ever, the thing measured does not.
    """

    method: Literal["iterative"] = Field(
        default="iterative",
        description="Each column from the others by Bayesian ridge; best where columns are related.",
    )
    rounds: int = Field(
        default=10,
        ge=1,
        le=100,
        description="At most so many passes over the columns; raise it where many values are missing.",
    )
    tolerance: float = Field(
        default=1e-3,
        gt=0,
        description="Stop when no fill moves by more than this share of the largest value (in z units).",
    )

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one draws nothing
        """Learn from ``X``, N x D, NaN = missing; each column has at least one number."""
        scale, known = Scale.of(X), ~np.isnan(X)
        fitted: dict[str, Any] = {
            **scale.plain(),
            "low": np.nanmin(X, axis=0).tolist(),
            "high": np.nanmax(X, axis=0).tolist(),
            "order": np.argsort((~known).sum(axis=0), kind="stable").tolist(),
        }
        # One thread: the products are small, and a sum that is cut up for several may differ in its last bit.
        with threadpool_limits(limits=1):
            fitted["passes"] = self._passes(scale.forth(X), known, fitted)
        return fitted

    def _passes(self, Z: Matrix, known: Booleans, fitted: Fitted) -> list[list[dict[str, Any]]]:
        low, high = _bounds(fitted)
        largest = float(np.abs(Z[known]).max(initial=0.0))
        Z = np.where(known, Z, 0.0)
        passes = []
        for _ in range(self.rounds):
            before = Z.copy()
            steps = []
            for column in fitted["order"]:
                steps.append(_fit_column(Z, known[:, column], column))
                _apply(Z, ~known[:, column], column, steps[-1], low, high)
            passes.append(steps)
            if float(np.abs(Z - before).max(initial=0.0)) < self.tolerance * largest:
                break
        return passes

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X``, M x D, without NaN."""
        scale, missing = Scale.load(fitted), np.isnan(X)
        low, high = _bounds(fitted)
        Z = np.where(missing, 0.0, scale.forth(X))
        for steps in fitted["passes"]:
            for column, step in zip(fitted["order"], steps, strict=True):
                _apply(Z, missing[:, column], column, step, low, high)
        bounded = np.clip(scale.back(Z), fitted["low"], fitted["high"])  # rounding may overstep the range by a bit
        return np.where(missing, bounded, X)

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps it takes to fit and fill a table."""
        return 0.2 * self.rounds * columns * columns * (rows * (columns + 10) + 10 * columns * columns)


def _bounds(fitted: Fitted) -> tuple[Matrix, Matrix]:
    scale = Scale.load(fitted)
    return scale.forth(np.asarray(fitted["low"])), scale.forth(np.asarray(fitted["high"]))


def _fit_column(Z: Matrix, rows: Booleans, column: int) -> dict[str, Any]:
    line = ridge.fit(np.delete(Z[rows], column, axis=1), Z[rows, column])
    return {"coefficients": line.coefficients.tolist(), "intercept": line.intercept}


def _apply(Z: Matrix, rows: Booleans, column: int, step: Fitted, low: Matrix, high: Matrix) -> None:
    """Predict a column of ``rows`` in place.

    Summed row by row, never by a matrix product: BLAS adds in an order that depends on how many rows there are, and a row's fill
    would depend on its neighbours in the last bit.
    """
    others = np.ascontiguousarray(np.delete(Z[rows], column, axis=1))
    predicted = step["intercept"] + np.add.reduce(others * np.asarray(step["coefficients"]), axis=1)
    Z[rows, column] = np.clip(predicted, low[column], high[column])
