"""Pairs of dots: for each row where something was before, and where it is after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from datatools.report.axes import WIDTH, Axis
from datatools.report.svg import Scale, drawing, element, tick_text, ticks

NAMES, VALUES = 166.0, 102.0  # pixels left and right of the dots
TOP, ROW, FOOT = 6.0, 26.0, 44.0
SHORT = 23  # characters of a name that fit
DOT = 4.6


@dataclass(frozen=True)
class Pair:
    """One row: its name, both values, and what chance alone would reach, where that is known."""

    name: str
    before: float
    after: float
    chance: float | None = None


def chart(title: str, pairs: Sequence[Pair], across: Axis, written: Callable[[float], str]) -> Markup:
    """Return the rows from top to bottom, each with its two values written out.

    Args:
        title: read out to those who do not see the chart.
        across: the scale; what lies beyond its ends is drawn at the end.
        written: how a value reads.
    """
    bottom = TOP + ROW * len(pairs)
    scale = Scale(across.low, across.high, NAMES, WIDTH - VALUES)
    rows = [_row(pair, scale, TOP + ROW * (place + 0.5), written) for place, pair in enumerate(pairs)]
    return drawing(WIDTH, bottom + FOOT, title, *_frame(across, scale, bottom), *rows)


def _frame(across: Axis, scale: Scale, bottom: float) -> list[Markup]:
    parts, written = [], across.text or (lambda value: tick_text(value, 1.0))
    for value in ticks(across.low, across.high, 2):
        at = scale(value)
        parts.append(element("line", x1=at, x2=at, y1=TOP, y2=bottom, class_="grid"))
        parts.append(element("text", written(value), x=at, y=bottom + 16, text_anchor="middle", class_="tick"))
    middle = (scale.start + scale.end) / 2
    label = element("text", across.label, x=middle, y=bottom + 36, text_anchor="middle", class_="label")
    return [*parts, label]


def _row(pair: Pair, scale: Scale, y: float, written: Callable[[float], str]) -> Markup:
    before, after = (scale(min(max(value, scale.low), scale.high)) for value in (pair.before, pair.after))
    values = f"{written(pair.before)} → {written(pair.after)}"
    chance = "" if pair.chance is None else f"; by chance up to {written(pair.chance)}"
    return element(
        "g",
        element("title", f"{pair.name}: {values}{chance}"),
        element("text", _short(pair.name), x=NAMES - 12, y=y + 4, text_anchor="end", class_="label"),
        *_chance(pair, scale, y),
        element("line", x1=before, x2=after, y1=y, y2=y, class_="line c2"),
        element("rect", x=before - DOT, y=y - DOT, width=2 * DOT, height=2 * DOT, class_="bar c0"),
        element("circle", cx=after, cy=y, r=DOT, class_="dot c2"),
        element("text", values, x=WIDTH - 2, y=y + 4, text_anchor="end", class_="tick"),
    )


def _chance(pair: Pair, scale: Scale, y: float) -> list[Markup]:
    if pair.chance is None:
        return []
    at = scale(min(max(pair.chance, scale.low), scale.high))
    return [element("line", x1=at, x2=at, y1=y - ROW / 2 + 2, y2=y + ROW / 2 - 2, class_="marker")]


def _short(name: str) -> str:
    return name if len(name) <= SHORT else name[: SHORT - 1] + "…"
