"""Pictures of missing values: which cells are missing together, and how fills lie among what was known."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from datatools.page.numbers import count, counted, percent, significant
from datatools.report.axes import HEIGHT, WIDTH, Axis, Frame
from datatools.report.svg import Scale, drawing, element

MOST_COLUMNS = 24
LEFT, TOP, BOTTOM = 64.0, 8.0, 96.0
TALL = 380.0
THINNEST = 1.5  # pixels: what one row of thousands is still seen by


def chart(patterns: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Markup:
    """Return a map of the table: columns across, rows downwards in bands that miss the same cells.

    Args:
        patterns: ``missing``, names of columns, and ``rows``, how many rows miss just these; with ``others``, how many more patterns
            these rows have, which is drawn as one band.
        names: the columns to show, without those that are complete.
    """
    total = sum(pattern["rows"] for pattern in patterns)
    room = TALL - TOP - BOTTOM - THINNEST * len(patterns)
    across = Scale(0, len(names), LEFT, WIDTH - 8)
    parts, y = [], TOP
    for pattern in patterns:
        height = THINNEST + room * pattern["rows"] / total
        parts += _band(pattern, names, across, y, height, total)
        y += height
    return drawing(WIDTH, TALL, "Which features are missing together", *parts, *_names(names, across, y))


def _band(
    pattern: Mapping[str, Any], names: Sequence[str], across: Scale, y: float, height: float, total: int
) -> list[Markup]:
    if "others" in pattern:
        return _others(pattern, across(0) + 0.5, across(len(names)) - 0.5, y, height, total)
    said = ", ".join(name.removeprefix("x_") for name in pattern["missing"]) or "nothing"
    about = element("title", f"{counted(pattern['rows'], 'row')} ({percent(pattern['rows'] / total)}) without {said}")
    inside = max(height - 0.7, 0.8)
    cells = [
        element(
            "rect",
            about,
            x=across(place) + 0.5,
            y=y,
            width=across(1) - across(0) - 1,
            height=inside,
            class_=f"bar {'c2' if name in pattern['missing'] else 'c0'}",
        )
        for place, name in enumerate(names)
    ]
    text = element("text", count(pattern["rows"]), x=LEFT - 6, y=y + inside / 2 + 4, text_anchor="end", class_="tick")
    return [*cells, text] if height >= 11 else cells


def _others(pattern: Mapping[str, Any], left: float, right: float, y: float, height: float, total: int) -> list[Markup]:
    said = f"{counted(pattern['rows'], 'row')} ({percent(pattern['rows'] / total)}) with {counted(pattern['others'], 'other pattern')}"
    inside = max(height - 0.7, 0.8)
    band = element("rect", element("title", said), x=left, y=y, width=right - left, height=inside, class_="bar c6")
    text = element("text", count(pattern["rows"]), x=LEFT - 6, y=y + inside / 2 + 4, text_anchor="end", class_="tick")
    return [band, text] if height >= 11 else [band]


def _names(names: Sequence[str], across: Scale, y: float) -> list[Markup]:
    return [
        element(
            "text",
            _short(name.removeprefix("x_")),
            x=0.0,
            y=0.0,
            text_anchor="end",
            class_="label",
            transform=f"translate({across(place + 0.5) + 4:.1f} {y + 10:.1f}) rotate(-50)",
        )
        for place, name in enumerate(names)
    ]


def _short(name: str) -> str:
    return name if len(name) <= 17 else name[:16] + "…"


def histogram(name: str, found: Mapping[str, Any]) -> Markup:
    """Return how known (wide, grey) and filled (narrow, coloured) values of a column lie, each as shares of their own number.

    Args:
        found: ``edges`` of the bins, ``known`` and ``filled``, counts.
    """
    edges = found["edges"]
    shares = [[number / max(sum(found[kind]), 1) for number in found[kind]] for kind in ("known", "filled")]
    highest = max(max(values) for values in shares)
    frame = Frame(
        Axis(name, edges[0], edges[-1]), Axis("share of the values", 0.0, highest, lambda share: percent(share, 0))
    )
    bars = [
        bar
        for values, said, inset, look in ((shares[0], "known", 0.02, "c0"), (shares[1], "filled", 0.3, "c2"))
        for bar in _bars(frame, edges, values, said, inset, look)
    ]
    return drawing(WIDTH, HEIGHT, f"{name}: known and filled values", frame.draw(), *bars)


def _bars(
    frame: Frame, edges: Sequence[float], shares: Sequence[float], said: str, inset: float, look: str
) -> list[Markup]:
    width = frame.x(edges[1]) - frame.x(edges[0])
    return [
        element(
            "rect",
            element("title", f"{said}, {significant(low)} to {significant(high)}: {percent(share)}"),
            x=frame.x(low) + inset * width,
            width=width * (1 - 2 * inset),
            y=frame.y(share),
            height=frame.y(0) - frame.y(share),
            class_=f"bar {look}",
        )
        for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True)
        if share
    ]
