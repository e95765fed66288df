"""Rows of dots with intervals, and bars: tables whose last column is drawn. The page's style sheet places the marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datatools.page.numbers import interval, percent


@dataclass(frozen=True)
class Mark:
    """One share on a track from 0 to 1: value, ends of its interval, the text beside it, and the name of its look."""

    value: float | None
    low: float | None
    high: float | None
    text: str
    range_text: str
    look: str


@dataclass(frozen=True)
class Row:
    """One line: a name, how many images it rests on, and its marks."""

    name: str
    n: int | None
    marks: Sequence[Mark]


def mark(score: Mapping[str, Any], look: str) -> Mark:
    """Return the mark of a score, a mapping with value, low, high."""
    value = score.get("value")
    return Mark(value, score.get("low"), score.get("high"), percent(value), interval(score), look)
