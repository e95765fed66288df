"""The nearest rows of train (Troyanskaya et al., Missing value estimation methods for DNA microarrays, Bioinformatics 17 (2001))."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.impute.methods import Fitted, Matrix
from datatools.impute.packed import pack, unpack
from datatools.impute.scaling import Scale
from datatools.settings import Settings

BLOCK, PAIRS = (
    512,
    4_000_000,
)  # rows filled at once, and rows times rows of train: bounds each of a few tables of distances to 32 MB
NEAR = 0.001  # squared distance, in variances, below which closer says no more


class KnnFill(Settings):
    """Fill each gap with the average of that column over the rows of train that are most alike.

    Columns are scaled to variance 1. Two rows are as far apart as they differ, root mean square, on the columns that both have. Rows as
    near as the last neighbour all count, so that ties need no order. Who shares no column with any row of train gets the mean. The state
    holds the whole train table, and the time grows with its rows times the rows to fill.
    """

    method: Literal["knn"] = Field(
        default="knn",
        description="The rows most alike; for tables of clusters or curves, up to some ten thousand rows.",
    )
    neighbours: int = Field(
        default=10, ge=1, description="How many rows are averaged; fewer follow detail, more smooth noise."
    )
    weights: Literal["distance", "uniform"] = Field(
        default="distance", description="distance: nearer rows count more; uniform: all neighbours alike."
    )

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one draws nothing
        """Keep ``X``, N x D, NaN = missing; each column has at least one number."""
        scale = Scale.of(X)
        return {**scale.plain(), "train": pack(scale.forth(X))}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X``, M x D, without NaN."""
        scale, train = Scale.load(fitted), unpack(fitted["train"])
        filled = X.copy()
        gaps = np.flatnonzero(np.isnan(X).any(axis=1))
        block = min(BLOCK, max(PAIRS // len(train), 1))
        for start in range(0, len(gaps), block):
            rows = gaps[start : start + block]
            filled[rows] = np.where(np.isnan(X[rows]), scale.back(self._block(train, scale.forth(X[rows]))), X[rows])
        return filled

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps it takes to fit and fill a table."""
        return 8.0 * rows * rows * columns

    def _block(self, train: Matrix, Z: Matrix) -> Matrix:
        apart = _apart(train, Z)
        for column in range(Z.shape[1]):
            gaps, known = np.flatnonzero(np.isnan(Z[:, column])), ~np.isnan(train[:, column])
            Z[gaps, column] = self._average(apart[np.ix_(gaps, np.flatnonzero(known))], train[known, column])
        return Z

    def _average(self, apart: Matrix, values: Matrix) -> Matrix:
        place = min(self.neighbours, len(values)) - 1
        last = np.partition(apart, place, axis=1)[:, place : place + 1]
        near = (apart <= last) & np.isfinite(apart)
        weight = near / np.sqrt(np.where(near, apart, 0.0) + NEAR) if self.weights == "distance" else near * 1.0
        total = np.add.reduce(weight, axis=1)
        summed = np.add.reduce(weight * values, axis=1)
        return np.asarray(np.divide(summed, total, out=np.zeros_like(total), where=total > 0))  # the mean is 0


def _apart(train: Matrix, Z: Matrix) -> Matrix:
    """Return mean squared differences, M x N; infinite where two rows share no column.

    Summed column by column, never by a matrix product: BLAS adds in an order that depends on how many rows there are, and a row's fill
    would depend on its neighbours in the last bit.
    """
    summed, shared = np.zeros((len(Z), len(train))), np.zeros((len(Z), len(train)))
    for column in range(Z.shape[1]):
        off = Z[:, column, None] - train[None, :, column]
        both: NDArray[np.bool_] = ~np.isnan(off)
        shared += both
        summed += np.where(both, off * off, 0.0)
    return np.asarray(np.divide(summed, shared, out=np.full_like(summed, np.inf), where=shared > 0))
