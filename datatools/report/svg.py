"""Drawing in SVG: elements with escaped text, scales and round tick values. Colours come from the page's style sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

COLOURS = 8  # classes c1 to c8 in the style sheet


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Return an element; children are escaped unless they are Markup.

    An attribute's name ends without its last underscore and has hyphens for the others: ``class_``, ``text_anchor``.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"' for name, value in attributes.items()
    )
    # The inside is escaped piece by piece here, which is what makes the whole safe.
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{tag}{written}>{inside}</{tag}>" if children else f"<{tag}{written}/>")  # noqa: S704


def drawing(width: float, height: float, title: str, *children: object) -> Markup:
    """Return a picture that fills its column and says what it is to those who do not see it."""
    return element(
        "svg",
        element("title", title),
        *children,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        role="img",
        class_="chart",
    )


@dataclass(frozen=True)
class Scale:
    """A linear map from data to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; a scale without extent puts all in its middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values in [low, high], steps of 1, 2 or 5 times a power of ten, about as many as asked for."""
    if not high > low:
        return [low]
    raw = (high - low) / max(about, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float, step: float) -> str:
    """Return a tick with as many decimals as its step needs."""
    if value and (abs(value) >= 1e5 or abs(step) < 1e-3):
        digits, power = f"{value:.1e}".split("e")
        return f"{digits.removesuffix('.0')}e{int(power)}".replace("-", "\u2212")
    if not value:
        return "0"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 2
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Return the ``d`` of a polyline."""
    return "M" + "L".join(f"{_number(x)},{_number(y)}" for x, y in zip(xs, ys, strict=True))


def _number(value: object) -> object:
    # Two decimals of a pixel are more than can be seen, and keep the page small.
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
