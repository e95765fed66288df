"""Scatter plots: images as dots on a plane, coloured by one of several columns at a time. The style sheet chooses which."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from datatools.report.svg import COLOURS, Scale, drawing, element
from datatools.report.tables import sizes

SIDE, EDGE = 560.0, 8.0


@dataclass(frozen=True)
class Colouring:
    """How a column colours the dots: the values with a colour of their own, in the order of colours, and how many others there are."""

    column: str
    values: tuple[str, ...]
    others: int

    def style(self, value: str) -> str:
        """Return the class name of a value; 0 is that of all values without a colour of their own."""
        return f"{self.column}-{self.values.index(value) + 1 if value in self.values else 0}"


def colouring(points: pd.DataFrame, column: str) -> Colouring:
    """Return the colouring by a column: the most frequent values have a colour of their own."""
    found = [name for (name,), _ in sizes(points, column)]
    return Colouring(column, tuple(sorted(found[:COLOURS])), max(0, len(found) - COLOURS))


def chart(title: str, points: pd.DataFrame, colourings: Sequence[Colouring]) -> Markup:
    """Return the map.

    Args:
        title: read out to those who do not see the chart.
        points: columns x, y and those of the colourings, text without gaps.
    """
    across = Scale(float(points["x"].min()), float(points["x"].max()), EDGE, SIDE - EDGE)
    up = Scale(float(points["y"].min()), float(points["y"].max()), SIDE - EDGE, EDGE)
    placed = points.assign(x=points["x"].map(across), y=points["y"].map(up))
    groups = placed.groupby([each.column for each in colourings], sort=True)
    dots = [_dots(tuple(map(str, key)), group, colourings) for key, group in groups]
    return drawing(SIDE, SIDE, title, *dots, *_words(placed, colourings[0]))


def _dots(key: tuple[str, ...], group: pd.DataFrame, colourings: Sequence[Colouring]) -> Markup:
    # A line of no length with round ends is a dot, and takes a quarter of the text of a circle.
    line = "".join(f"M{x:.1f},{y:.1f}h0" for x, y in zip(group["x"], group["y"], strict=True))
    style = " ".join(each.style(value) for each, value in zip(colourings, key, strict=True))
    return element("path", element("title", ", ".join(key)), d=line, class_=f"dots {style}")


def _words(points: pd.DataFrame, by: Colouring) -> list[Markup]:
    """Return the names of the first colouring where its dots lie, so that colour is never alone."""
    middles = points.groupby(by.column)[["x", "y"]].median()
    return [
        element(
            "text", name, x=float(middles["x"][name]), y=float(middles["y"][name]), text_anchor="middle", class_="word"
        )
        for name in by.values
    ]
