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

    def fit(self, X: Matrix) -> Fitted:
        """Learn the means of ``X``, N x D."""
        return {"fill": np.nanmean(X, axis=0).tolist()}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X`` without NaN."""
        return fill_columns(X, fitted["fill"])
