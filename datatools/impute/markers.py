"""Values that probably mean "missing" and were not declared: told to the user, never replaced in silence."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.impute.columns import Column, cells, known_cells

Numbers = NDArray[np.float64]

FEWEST = 3  # cells that hold it
SHARE = 0.005  # of the known cells
LARGE = 99
ORDINARY = 10  # distinct other values, from which their range says what is far off
# What people and devices write where they know nothing.
CODES = frozenset({-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 1e20, -1e20})
# The ends of single precision, as they are and as they are printed; those of double precision count as missing without being told.
SINGLE = frozenset(
    {sign * end for sign in (1, -1) for end in (3.4028234663852886e38, 3.4028235e38, 3.402823e38, 3.4e38)}
)
ENDS = frozenset({65535.0, 32767.0, -32768.0, 2147483647.0, -2147483648.0, 4294967295.0})
WORDS = frozenset(
    {"-", "--", ".", "?", "n.a.", "n/a", "na", "nan", "nil", "none", "null", "missing", "unknown", "#n/a"}
)
MOMENTS = ("1900-01-01", "1970-01-01", "9999-12-31")


def suspects(column: Column, values: "pd.Series[Any]") -> list[dict[str, Any]]:
    """Return undeclared values of a column that look like markers, as ``value``, ``count`` and ``why``."""
    found = cells(column, values).dropna()
    if column["empty"] or found.empty or column["kind"] == "boolean":
        return []
    if column["kind"] == "numeric":
        return _numbers(found.to_numpy(dtype=np.float64))
    if column["kind"] == "timestamp":
        return _moments(values[known_cells(column, values)])
    counts = found[[str(value).strip().casefold() in WORDS for value in found]].value_counts()
    return [_suspect(value, count, "a word for nothing known") for value, count in sorted(counts.items())]


def _numbers(known: Numbers) -> list[dict[str, Any]]:
    values, counts = np.unique(known, return_counts=True)
    enough = max(FEWEST, SHARE * len(known))
    ends = [0, len(values) - 1] if len(values) > 1 else []
    whys = ((end, _why(values, counts, end)) for end in ends if counts[end] >= enough)
    return [_suspect(float(values[end]), int(counts[end]), why) for end, why in whys if why]


def _why(values: Numbers, counts: NDArray[np.int64], end: int) -> str | None:
    """Return why the value at one end of the range (``values`` are sorted and distinct) looks like a marker, or None."""
    value, others = values[end], np.delete(values, end)
    away, spread = float(np.abs(others - value).min()), float(np.ptp(others))
    # A column of -1 and 1 is a column of signs.
    code = value in CODES | ENDS | SINGLE and (abs(value) >= LARGE or len(others) >= FEWEST)
    if code and away > spread:
        return "a usual code for missing, further off than all others are from each other"
    if len(others) >= ORDINARY and away > 2 * spread:
        return "repeated, and more than twice as far off as all others are from each other"
    heaped = counts[end] >= 3 * np.delete(counts, end).mean()
    if value in CODES and value < 0 <= others.min() and len(others) >= FEWEST and heaped:
        return "the only negative value, a usual code for missing, and frequent"
    return None


def _moments(values: "pd.Series[Any]") -> list[dict[str, Any]]:
    moments = pd.to_datetime(values, utc=True)
    counts = [(moment, int((moments == pd.Timestamp(moment, tz="UTC")).sum())) for moment in MOMENTS]
    return [_suspect(moment, count, "where clocks begin or end") for moment, count in counts if count >= FEWEST]


def _suspect(value: Any, count: int, why: str) -> dict[str, Any]:
    return {"value": value, "count": int(count), "why": why}
