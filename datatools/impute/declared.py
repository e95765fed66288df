"""Which cells hold a value that was declared to mean missing."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.impute.kinds import Kind

Marker = str | float
Booleans = NDArray[np.bool_]


def holds(values: "pd.Series[Any]", kind: Kind | None, markers: Sequence[Marker]) -> Booleans:
    """Return which cells hold a marker.

    Text is compared without case and outer blanks. A number matches text that is written so (-999 or -999.0), and text that is a number
    matches numbers, since whoever declares a marker need not know how the column was read. Dates are ISO text; booleans have no markers.
    """
    if kind == "categorical":
        forms = {form for marker in markers for form in _forms(marker)}
        meant = [text for text in values.dropna().unique() if str(text).strip().casefold() in forms]
        return values.astype(object).isin(meant).to_numpy(dtype=bool)
    if kind == "numeric":
        return among(values.to_numpy(dtype=np.float64, na_value=np.nan), markers)
    if kind == "timestamp":
        texts = [marker for marker in markers if isinstance(marker, str)]
        dates = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601").dropna()
        return pd.to_datetime(values, utc=True).isin(dates).to_numpy(dtype=bool)
    return np.zeros(len(values), dtype=bool)


def among(numbers: NDArray[np.float64], markers: Sequence[Marker]) -> Booleans:
    """Return which of the numbers are markers."""
    return np.isin(numbers, [number for number in map(_number, markers) if number is not None])


def _forms(marker: Marker) -> set[str]:
    if isinstance(marker, str):
        return {marker.strip().casefold()}
    number = float(marker)
    return {str(number).casefold(), f"{number:.0f}" if number.is_integer() else f"{number:g}"}


def _number(marker: Marker) -> float | None:
    try:
        number = float(marker)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
