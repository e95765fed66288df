"""The shares of rows that train, val and test are to get."""

from typing import Self

from pydantic import Field, model_validator

from datatools.settings import Settings


class Fractions(Settings):
    """Shares of rows; they sum to 1."""

    train: float = Field(
        default=0.7, gt=0, lt=1, description="Share of rows to learn from; raise it when images are very few."
    )
    val: float = Field(default=0.15, gt=0, lt=1, description="Share of rows on which settings and the stop are chosen.")
    test: float = Field(
        default=0.15, gt=0, lt=1, description="Share of rows for the final score; raise it for narrower intervals."
    )

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"must sum to 1, got {total:g}")
        return self

    def as_tuple(self) -> tuple[float, float, float]:
        """Return (train, val, test)."""
        return self.train, self.val, self.test
