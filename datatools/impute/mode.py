"""The most frequent category."""

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools.impute.methods import Fitted, Matrix
from datatools.settings import Settings


class ModeFill(Settings):
    """Fill a column of categories with the most frequent one; of equals, the first in the alphabet."""

    method: Literal["mode"] = Field(
        default="mode",
        description="The most frequent category; the indicator column still tells where a value was missing.",
    )

    def fit(self, values: "pd.Series[Any]", inputs: Matrix) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one is blind to the other columns
        """Return the most frequent of the known ``values``."""
        return {"fill": most_frequent(values)}

    def fill(self, fitted: Fitted, values: "pd.Series[Any]", inputs: Matrix) -> "pd.Series[Any]":  # noqa: ARG002 - as above
        """Return the column without nulls."""
        return values.fillna(fitted["fill"])


def most_frequent(values: "pd.Series[Any]") -> Any:
    """Return the most frequent known value, text or a number; of equals, the smallest. There must be one."""
    counts = values.dropna().astype(object).value_counts()
    return min(counts.index[counts == counts.iloc[0]])
