"""Each column from all others by a forest, as in missForest (Stekhoven and Bühlmann, Bioinformatics 28 (2012), 112-118)."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from threadpoolctl import threadpool_limits

from datatools import seeds
from datatools.impute.forest import Forest, Growth, grow
from datatools.impute.iterative import IterativeFill
from datatools.impute.methods import Fitted, Matrix
from datatools.impute.scaling import Scale
from datatools.settings import Settings

TREE = 1e6  # steps that a tree costs however small it is


class TreesFill(Settings):
    """Fill each column by extremely randomised trees on the others, starting from the fills of Bayesian ridge.

    missForest starts from the means, and to fill new rows would need the forests of every round. From the better start two rounds do,
    and those of the last serve for both: the state holds one forest per column.
    """

    method: Literal["trees"] = Field(
        default="trees",
        description="Each column from the others by a forest; for curved relations, steps and clusters.",
    )
    trees: int = Field(
        default=30, ge=1, le=500, description="Trees per column; more are smoother, slower, and a larger state."
    )
    leaf: int = Field(
        default=2, ge=1, description="Rows that a leaf averages at least; 1 for exact relations, 5 for noisy columns."
    )
    rows: int = Field(
        default=1000, ge=10, description="Rows of train that a tree sees at most; what bounds time and state."
    )
    rounds: int = Field(
        default=2, ge=1, le=10, description="Passes over the columns; each costs as much as the one before."
    )

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:
        """Learn from ``X``, N x D, NaN = missing; each column has at least one number. ``seed`` draws the trees."""
        scale, known = Scale.of(X), ~np.isnan(X)
        first = IterativeFill().fit(X)
        Z = scale.forth(IterativeFill().fill(first, X))
        order = np.argsort((~known).sum(axis=0), kind="stable").tolist() if X.shape[1] > 1 else []
        with threadpool_limits(limits=1):
            grown = [dict(self._round(Z, known, order, seed, number)) for number in range(self.rounds)]
        forests = {str(column): forest.plain() for column, forest in grown[-1].items()}
        return {**scale.plain(), "start": dict(first), "order": order, "forests": forests}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X``, M x D, without NaN."""
        scale, missing = Scale.load(fitted), np.isnan(X)
        Z = scale.forth(IterativeFill().fill(fitted["start"], X))
        needed = [column for column in fitted["order"] if missing[:, column].any()]
        forests = {column: Forest.load(fitted["forests"][str(column)]) for column in needed}
        for _ in range(self.rounds):
            for column in needed:
                _apply(Z, missing[:, column], column, forests[column])
        bounded = np.clip(scale.back(Z), fitted["start"]["low"], fitted["start"]["high"])  # rounding may overstep
        return np.where(missing, bounded, X)

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps it takes to fit and fill a table."""
        seen = min(rows, self.rows)
        growing = (16.0 * seen * np.log2(seen + 1) * columns + TREE) * columns
        reading = 40.0 * rows * columns * np.log2(seen + 1)
        return float(self.rounds * self.trees * (growing + reading)) + IterativeFill().operations(rows, columns)

    def _round(
        self, Z: Matrix, known: NDArray[np.bool_], order: list[int], seed: int, number: int
    ) -> Iterator[tuple[int, Forest]]:
        growth = Growth(self.trees, self.leaf, self.rows)
        for column in order:
            rows = known[:, column]
            drawn = seeds.integer(seed, "impute", "trees", number, column)
            forest = grow(np.delete(Z[rows], column, axis=1), Z[rows, column], growth, drawn)
            _apply(Z, ~rows, column, forest)
            yield column, forest


def _apply(Z: Matrix, rows: NDArray[np.bool_], column: int, forest: Forest) -> None:
    if rows.any():
        Z[rows, column] = forest.predict(np.delete(Z[rows], column, axis=1))
