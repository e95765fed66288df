"""The frame of a chart: where it lies, its grid lines, ticks and labels."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from datatools.report.svg import Scale, element, tick_text, ticks

# Drawn 400 wide, so that text of 12 stays readable where a phone shows it 340 wide.
WIDTH, HEIGHT = 400.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 12.0, 20.0, 42.0


@dataclass(frozen=True)
class Axis:
    """What one axis shows.

    Attributes:
        label: quantity and unit.
        low, high: ends in data units.
        text: how a tick is written; the default takes as many decimals as the step needs.
        whole: ticks at whole numbers only.
    """

    label: str
    low: float
    high: float
    text: Callable[[float], str] | None = None
    whole: bool = False

    def ticks(self) -> list[tuple[float, str]]:
        """Return positions and texts."""
        values = [value for value in ticks(self.low, self.high) if not self.whole or float(value).is_integer()]
        step = values[1] - values[0] if len(values) > 1 else abs(values[0]) if values else 0.0
        return [(value, self.text(value) if self.text else tick_text(value, step)) for value in values]


@dataclass(frozen=True)
class Frame:
    """Two axes on a drawing of WIDTH x HEIGHT."""

    across: Axis
    up: Axis

    @property
    def x(self) -> Scale:
        """Return the horizontal scale."""
        return Scale(self.across.low, self.across.high, LEFT, WIDTH - RIGHT)

    @property
    def y(self) -> Scale:
        """Return the vertical scale; pixels run downwards."""
        return Scale(self.up.low, self.up.high, HEIGHT - BOTTOM, TOP)

    def draw(self) -> Markup:
        """Return grid, ticks and labels."""
        left, right, bottom = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM
        parts: list[Markup] = []
        for value, text in self.up.ticks():
            at = self.y(value)
            parts.append(element("line", x1=left, x2=right, y1=at, y2=at, class_="grid"))
            parts.append(element("text", text, x=left - 7, y=at + 4, text_anchor="end", class_="tick"))
        for value, text in self.across.ticks():
            at = self.x(value)
            parts.append(element("line", x1=at, x2=at, y1=bottom, y2=bottom + 4, class_="axis"))
            parts.append(element("text", text, x=at, y=bottom + 17, text_anchor="middle", class_="tick"))
        parts.append(element("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis"))
        return Markup().join([*parts, *self._labels()])

    def _labels(self) -> list[Markup]:
        middle = (TOP + HEIGHT - BOTTOM) / 2
        return [
            element(
                "text",
                self.across.label,
                x=(LEFT + WIDTH - RIGHT) / 2,
                y=HEIGHT - 6,
                text_anchor="middle",
                class_="label",
            ),
            element(
                "text",
                self.up.label,
                x=0.0,
                y=0.0,
                text_anchor="middle",
                class_="label",
                transform=f"translate(11 {middle:g}) rotate(-90)",
            ),
        ]
