"""One number for every gap: right where missing means none."""

from typing import Literal

from pydantic import Field, field_validator

from datatools.impute.columns import LARGEST
from datatools.impute.methods import Fitted, Matrix, fill_columns
from datatools.settings import Settings


class ConstantFill(Settings):
    """Fill every gap with one number."""

    method: Literal["constant"] = Field(
        default="constant", description="One number for every gap; where a missing value means none."
    )
    value: float = Field(
        default=0.0, description="The number; for time stamps it counts days since the first of train."
    )

    @field_validator("value")
    @classmethod
    def _not_beyond(cls, value: float) -> float:
        if abs(value) > LARGEST:
            raise ValueError(f"must lie between -1e150 and 1e150, got {value:g}: what is larger counts as missing")
        return value

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:  # noqa: ARG002 - all methods are called alike; this one draws nothing
        """Learn nothing from ``X``, N x D."""
        return {"fill": [self.value] * X.shape[1]}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X`` without NaN."""
        return fill_columns(X, fitted["fill"])
