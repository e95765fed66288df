"""The most frequent category."""

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools.settings import Settings


class ModeFill(Settings):
    """Fill a column of categories with the most frequent one; of equals, the first in the alphabet."""

    method: Literal["mode"] = Field(
        default="mode",
        description="The most frequent category; the indicator column still tells where a value was missing.",
    )

    def fit(self, values: "pd.Series[Any]") -> str:
        """Return the most frequent of ``values``."""
        return str(most_frequent(values))


def most_frequent(values: "pd.Series[Any]") -> Any:
    """Return the most frequent of the known values; of equals, the smallest. The series must hold one."""
    counts = values.astype(object).value_counts()
    return min(counts.index[counts == counts.iloc[0]])
