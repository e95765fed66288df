"""A missing category as a category of its own: that it is missing may itself say something."""

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools.impute.methods import Fitted, Matrix
from datatools.settings import Settings


class MissingClass(Settings):
    """Fill a column of categories with a class that says "missing"."""

    method: Literal["missing"] = Field(
        default="missing",
        description="A class of its own for missing values; good where they are not missing by chance.",
    )
    name: str = Field(
        default="missing", min_length=1, description="Name of that class; change it where yours has this name."
    )

    def fit(self, values: "pd.Series[Any]", inputs: Matrix) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one learns nothing
        """Return the name of the class."""
        return {"fill": self.name}

    def fill(self, fitted: Fitted, values: "pd.Series[Any]", inputs: Matrix) -> "pd.Series[Any]":  # noqa: ARG002 - as above
        """Return the column without nulls."""
        return values.fillna(fitted["fill"])
