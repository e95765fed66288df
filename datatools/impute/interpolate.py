"""The straight line between a group's values."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.impute.moments import Moments, microseconds
from datatools.settings import Settings


class Interpolation(Settings):
    """Fill a gap on the straight line, by time, between the group's values before and after it.

    Inside only: before the first and after the last value nothing is filled. It looks ahead, so it is refused where the split is
    temporal: at the moment of a test image nobody knows what will come after it. Both values are of the row's own split.
    """

    method: Literal["interpolate"] = Field(
        default="interpolate",
        description="Between the values before and after, by time; looks ahead, so not with a temporal split.",
    )
    columns: tuple[str, ...] = Field(
        description="Names of columns of numbers or time stamps, with or without their x_."
    )
    longest: float | None = Field(
        default=None, gt=0, description="Days between two values beyond which no line is drawn; null sets no limit."
    )

    def fill(self, values: NDArray[Any], known: NDArray[np.bool_], moments: Moments) -> NDArray[Any]:
        """Return N numbers, sorted by group and time, with the gaps filled that have a value on either side."""
        size, at = len(moments.at), moments.of_row[known]
        counts = np.bincount(at, minlength=size)
        means = np.bincount(at, weights=values[known].astype(np.float64), minlength=size) / np.maximum(counts, 1)
        before, after = moments.latest(counts > 0), moments.next(counts > 0)
        apart = moments.at[after] - moments.at[before]
        inside = (before >= 0) & (after >= 0) & (apart <= microseconds(self.longest))
        share = np.divide(moments.at - moments.at[before], apart, out=np.zeros(size), where=apart > 0)
        line = means[before] + share * (means[after] - means[before])
        gaps = ~known & inside[moments.of_row]
        return np.where(gaps, line[moments.of_row], values)
