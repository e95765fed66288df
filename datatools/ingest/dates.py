"""Dates as people write them: mixed formats in one column, each with its precision.

A date without a time is placed at its beginning, in UTC: a year at 1 January, a day at midnight. What is written without a zone is
taken as UTC; only the order of photos matters to the temporal split.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from datatools.errors import DataError

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}

_TIME = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?:(?P<mark>[-/.:])(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2})" + _TIME + ")?)?"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _TIME)
_YEAR_LAST = re.compile(r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_part>\d{1,2})(?P=mark)(?P<year>\d{4})" + _TIME)
_DAY_NAMED = re.compile(r"(?P<day>\d{1,2})\.?[ -](?P<named>[A-Za-z]{3})[A-Za-z]*\.?[ -](?P<year>\d{4})" + _TIME)
_MONTH_NAMED = re.compile(r"(?P<named>[A-Za-z]{3})[A-Za-z]*\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + _TIME)
_FORMATS = (_COMPACT, _YEAR_FIRST, _YEAR_LAST, _DAY_NAMED, _MONTH_NAMED)


@dataclass(frozen=True)
class Moment:
    """A point in time and how exactly it was written: ``year``, ``month``, ``day``, ``minute`` or ``second``."""

    at: datetime
    precision: str


def parse(text: str, day_first: bool | None) -> Moment | None:
    """Return the moment that ``text`` names, or None where it names none.

    Args:
        day_first: how to read 03/04/2020; None where the column never needs it (see :func:`day_first`).
    """
    for pattern in _FORMATS:
        match = pattern.fullmatch(text.strip())
        if match:
            try:
                return _moment(match.groupdict(), day_first)
            except (ValueError, OverflowError):  # 31 February, hour 25
                return None
    return None


def day_first(texts: Iterable[str], name: str) -> bool | None:
    """Return how a column writes dates such as 13/04/2020: True, False, or None where it has none like that.

    Raises:
        DataError: where the column contains both orders, or only dates that fit both.
    """
    pairs = [(int(m["first"]), int(m["second_part"]), t) for t in texts if (m := _YEAR_LAST.fullmatch(t.strip()))]
    if not pairs:
        return None
    day_leads = next((text for first, _, text in pairs if first > 12), None)
    month_leads = next((text for _, second, text in pairs if second > 12), None)
    if day_leads and month_leads:
        raise DataError(
            f"column {name}: mixes day-first and month-first dates: {day_leads!r} and {month_leads!r}; write ISO"
        )
    if not day_leads and not month_leads:
        raise DataError(f"column {name}: {pairs[0][2]!r} can be read in two ways; set day_first to true or false")
    return day_leads is not None


def _moment(part: dict[str, str | None], day_leads: bool | None) -> Moment:
    month, day = _month_and_day(part, day_leads)
    at = datetime(int(part["year"] or 0), month or 1, day or 1, tzinfo=UTC)
    if part.get("hour") is None:
        return Moment(at, "day" if day else "month" if month else "year")
    moved = at + timedelta(hours=_hour(part), minutes=_below_60(part["minute"]), seconds=_below_60(part["second"]))
    moved += timedelta(microseconds=int((part["fraction"] or "0").ljust(6, "0")[:6]))
    return Moment(moved.replace(tzinfo=_zone(part["zone"])).astimezone(UTC), "second" if part["second"] else "minute")


def _month_and_day(part: dict[str, str | None], day_leads: bool | None) -> tuple[int, int]:
    if part.get("named"):
        return MONTHS.get(str(part["named"]).lower(), 0) or 13, int(part["day"] or 0)  # 13 is refused by datetime
    if part.get("first"):
        first, second = int(part["first"] or 0), int(part["second_part"] or 0)
        return (second, first) if day_leads or first > 12 else (first, second)
    return int(part["month"] or 0), int(part["day"] or 0)


def _hour(part: dict[str, str | None]) -> int:
    hour = int(part["hour"] or 0)
    half = (part["half"] or "").lower()
    if hour > (12 if half else 23) or (half and hour == 0):
        raise ValueError("no such hour")
    return hour % 12 + (12 if half == "pm" else 0) if half else hour


def _below_60(text: str | None) -> int:
    number = int(text or 0)
    if number > 59:
        raise ValueError("no such minute or second")
    return number


def _zone(text: str | None) -> timezone:
    if text is None or text in {"Z", "UTC"}:
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
