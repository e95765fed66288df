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

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one draws nothing
        """Learn the medians of ``X``, N x D."""
        return {"fill": np.nanmedian(X, axis=0).tolist()}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X`` without NaN."""
        return fill_columns(X, fitted["fill"])

    def operations(self, rows: int, columns: int) -> float:
        """Return about how many steps it takes to fit and fill a table."""
        return 10.0 * rows * columns
