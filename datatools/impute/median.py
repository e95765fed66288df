"""The median of each column: not moved by outliers, blind to the other columns."""

from typing import Literal

import numpy as np
from pydantic import Field

from datatools.impute.methods import Fitted, Matrix, fill_columns
from datatools.settings import Settings


class MedianFill(Settings):
    """Fill each column with its median."""

    method: Literal["median"] = Field(
        default="median", description="The column's middle value; safe with outliers, ignores the other columns."
    )

    def fit(self, X: Matrix) -> Fitted:
        """Learn the medians of ``X``, N x D."""
        return {"fill": np.nanmedian(X, axis=0).tolist()}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X`` without NaN."""
        return fill_columns(X, fitted["fill"])
