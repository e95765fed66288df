"""Line charts: training curves, learning rates, ROC."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from datatools.report.axes import HEIGHT, LEFT, RIGHT, WIDTH, Axis, Frame
from datatools.report.svg import COLOURS, drawing, element, path


@dataclass(frozen=True)
class Line:
    """One line: its name, its points in data units and the number of its colour, from 1; 0 is grey."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int
    dots: bool = False

    @property
    def style(self) -> str:
        """Return the class names of its colour and, so that colour is never alone, its dashes."""
        return f"c{(self.colour - 1) % COLOURS + 1} d{(self.colour - 1) % 4 + 1}" if self.colour else "c0 d1"


@dataclass(frozen=True)
class Marker:
    """A vertical line at a value of x, such as the epoch that was kept."""

    x: float
    text: str


def chart(
    title: str, lines: Sequence[Line], across: Axis, up: Axis, diagonal: bool = False, marker: Marker | None = None
) -> Markup:
    """Return a line chart.

    Args:
        title: read out to those who do not see the chart.
        diagonal: draw the line of chance, from corner to corner.
    """
    frame = Frame(across, up)
    parts = [frame.draw()]
    if diagonal:
        ends = (across.low, across.high), (up.low, up.high)
        parts.append(
            element("path", d=path([frame.x(v) for v in ends[0]], [frame.y(v) for v in ends[1]]), class_="chance")
        )
    if marker:
        parts.extend(_marker(frame, marker))
    for line in lines:
        parts.extend(_line(frame, line))
    return drawing(WIDTH, HEIGHT, title, *parts)


def _line(frame: Frame, line: Line) -> list[Markup]:
    xs, ys = [frame.x(value) for value in line.x], [frame.y(value) for value in line.y]
    if not xs:
        return []
    parts = [element("path", element("title", line.name), d=path(xs, ys), class_=f"line {line.style}")]
    if line.dots or len(xs) == 1:
        parts += [element("circle", cx=x, cy=y, r=2.6, class_=f"dot {line.style}") for x, y in zip(xs, ys, strict=True)]
    return parts


def _marker(frame: Frame, marker: Marker) -> list[Markup]:
    at, (bottom, top) = frame.x(marker.x), (frame.y.start, frame.y.end)
    anchor = "start" if at < LEFT + 2 * RIGHT else "end" if at > WIDTH - 3 * RIGHT else "middle"
    return [
        element("line", x1=at, x2=at, y1=top, y2=bottom, class_="marker"),
        element("text", marker.text, x=at, y=top - 6, text_anchor=anchor, class_="tick"),
    ]
