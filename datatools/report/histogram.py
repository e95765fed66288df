"""Histograms: how a quantity is spread over the images, stacked by what was decided about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from datatools.page.numbers import count, significant
from datatools.report.axes import HEIGHT, WIDTH, Axis, Frame
from datatools.report.svg import drawing, element


@dataclass(frozen=True)
class Group:
    """The values of one group and the number of its colour, from 1; 0 is grey."""

    name: str
    values: NDArray[np.float64]
    colour: int


def chart(title: str, groups: Sequence[Group], label: str, bins: int = 24) -> Markup:
    """Return a stacked histogram of amounts, at least 0, of all groups on common bins.

    Args:
        title: read out to those who do not see the chart.
        label: quantity and unit.
    """
    everything = np.concatenate([group.values for group in groups])
    # From 0, since what is shown here are amounts: the distance to "none at all" matters.
    edges = np.histogram_bin_edges(everything, bins=bins, range=(0.0, float(everything.max()) or 1.0))
    heights = np.array([np.histogram(group.values, bins=edges)[0] for group in groups])
    frame = Frame(
        Axis(label, float(edges[0]), float(edges[-1])), Axis("images", 0, float(heights.sum(axis=0).max()), whole=True)
    )
    bars = [bar for row, group in enumerate(groups) for bar in _bars(frame, edges, heights, row, group)]
    return drawing(WIDTH, HEIGHT, title, frame.draw(), *bars)


def _bars(frame: Frame, edges: NDArray[np.float64], heights: NDArray[np.int64], row: int, group: Group) -> list[Markup]:
    below = heights[:row].sum(axis=0)
    return [
        element(
            "rect",
            element("title", f"{group.name}, {significant(low)} to {significant(high)}: {count(int(height))}"),
            x=frame.x(low) + 0.5,
            width=max(frame.x(high) - frame.x(low) - 1, 1.0),
            y=frame.y(base + height),
            height=frame.y(base) - frame.y(base + height),
            class_=f"bar c{group.colour}",
        )
        for low, high, base, height in zip(edges[:-1], edges[1:], below, heights[row], strict=True)
        if height
    ]
