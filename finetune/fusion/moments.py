"""Time as numbers: where in the year, the week and the day, as points on circles, and how much time has gone by."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

YEAR, WEEK = 365.2425, 7.0  # days
EPOCH = pd.Timestamp("1970-01-01", tz="UTC")
NUMBERS = {"floating", "integer", "mixed-integer-float", "empty"}
PARTS = 7  # the circles have two numbers each; midnight is near midnight on them, and December near January


def days(values: "pd.Series[Any]", origin: str | None) -> Numbers:
    """Return days since 1970, UTC; NaN where a moment is missing.

    Args:
        values: time stamps, text that says them, or days since the origin, as the completed table has them.
        origin: a time stamp as ISO text; None stands for 1970.

    Raises:
        ValueError: text that is no time stamp.
    """
    if pd.api.types.infer_dtype(values, skipna=True) in NUMBERS:
        since = 0.0 if origin is None else (pd.Timestamp(origin) - EPOCH) / pd.Timedelta(days=1)
        return values.to_numpy(dtype=np.float64, na_value=np.nan) + since
    found = (pd.to_datetime(values, utc=True, format="ISO8601") - EPOCH) / pd.Timedelta(days=1)
    return np.asarray(found, dtype=np.float64)


def parts(at: Numbers) -> Numbers:
    """Return the parts of moments: sine and cosine of the time of year, of week and of day, and the days themselves.

    Args:
        at: days since 1970, shape (n,).

    Returns:
        shape (n, 7); a missing moment stays NaN throughout.
    """
    # Seasons drift by less than a day within four years of days of mean length, and no calendar is needed.
    turns = np.stack([at / YEAR, at / WEEK, at], axis=1) * (2 * np.pi)
    return np.concatenate([np.sin(turns), np.cos(turns), at[:, None]], axis=1)
