"""Durations and moments: as people write them in YAML, and as numbers."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
_PATTERN = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(w|d|h|min|s)")


def parse_duration(text: str) -> timedelta:
    """Return the duration that ``7d``, ``12h``, ``1.5w``, ``30min`` or ``45s`` stands for.

    Raises:
        ValueError: anything else, negative durations included.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"must be a duration such as 7d, 12h or 30min, got {text!r}")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def parse_moment(text: str) -> pd.Timestamp:
    """Return the moment in UTC; a text without a zone is taken as UTC.

    Raises:
        ValueError: the text is no date.
    """
    # pandas would read "now" and "today" as well: the split would be another one every day.
    dated = text.strip()[:1].isdigit()
    found = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601") if dated else pd.NaT
    if pd.isna(found):
        raise ValueError(f"must be a date such as 2024-01-31 or 2024-01-31T12:00, got {text!r}")
    return found


def microseconds(moments: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Return microseconds since 1970 UTC; the moments must not be null."""
    return moments.to_numpy(dtype="datetime64[us]").astype(np.int64)


def _number_as_days(value: Any) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    text = f"{value!r}d"
    if _PATTERN.fullmatch(text) is None:
        raise ValueError(
            f"must be days, 0 to 999999 with six decimals at most, or a duration such as 12h, got {value!r}"
        )
    return text


def _date_as_text(value: Any) -> Any:
    # YAML turns an unquoted 2024-01-31 into a date, and 20240131 into a number, before anyone can ask for a string.
    if isinstance(value, int | float):
        raise ValueError(f"must be written with hyphens, such as 2024-01-31, got the number {value!r}")  # noqa: TRY004 - pydantic reports ValueError as a setting's error
    return value.isoformat() if isinstance(value, date | datetime) else value


def _checked_duration(text: str) -> str:
    parse_duration(text)
    return text


def _checked_moment(text: str) -> str:
    parse_moment(text)
    return text


Duration = Annotated[
    str,
    BeforeValidator(_number_as_days),
    AfterValidator(_checked_duration),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]}),
]
Moment = Annotated[
    str, BeforeValidator(_date_as_text), AfterValidator(_checked_moment), WithJsonSchema({"type": "string"})
]
