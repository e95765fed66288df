"""The mean of each column: keeps the column's sum, moved by outliers."""

from typing import Literal

import numpy as np
from pydantic import Field

from datatools.impute.methods import Fitted, Matrix, fill_columns
from datatools.settings import Settings


class MeanFill(Settings):
    """Fill each column with its mean."""

    method: Literal["mean"] = Field(
        default="mean", description="The column's average; for columns without outliers, ignores the other columns."
    )

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one draws nothing
        """Learn the means of ``X``, N x D."""
        # The mean of equal numbers may be another by a rounding error.
        mean = np.clip(np.nanmean(X, axis=0), np.nanmin(X, axis=0), np.nanmax(X, axis=0))
        return {"fill": mean.tolist()}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X`` without NaN."""
        return fill_columns(X, fitted["fill"])

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps it takes to fit and fill a table."""
        return 10.0 * rows * columns
