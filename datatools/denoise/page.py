"""The page on which a person judges the gate and the method: how the estimates are spread, what changed, what barely did not."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from datatools.denoise import spread, summary
from datatools.denoise.closeup import Closeup
from datatools.denoise.estimate import Gate, Noise
from datatools.denoise.spread import Bin, Spread
from datatools.images import RGB, encode_png
from datatools.page import document
from datatools.page.numbers import count, percent, significant

TEMPLATES = Path(__file__).parent / "templates"
ZOOM = 3
WIDTH, HEIGHT, LEAST = (
    360.0,
    150.0,
    2.0,
)  # of a histogram, in its own units; LEAST: the height of a bar that is not empty
NOTABLE = 0.0005  # share of impulses that is worth a word
LEFT = {
    "flagged": "flagged",
    "untreated": "noisy, and the method does not treat it",
    "unchanged": "noisy, and the method changed nothing",
}
OPEN = 1.5  # widths of a bar by which the open one stands apart


class Shown(NamedTuple):
    """An image on the page: its path, its noise, the method that changed it and by how much; and the same window before and after."""

    path: str
    noise: Noise
    method: str
    changed: float
    closeup: Closeup


class Alone(NamedTuple):
    """An image that was not changed: its path, its noise, and a window of it."""

    path: str
    noise: Noise
    picture: RGB


class Groups(NamedTuple):
    """The images to show.

    Attributes:
        most: those that changed most.
        above: changed, with the least noise.
        noisy: above the gate and not changed, with the least noise.
        grainy: clean, and so strong at high frequencies that it may be noise after all; the most even first.
        below: clean, with the most noise.
    """

    most: Sequence[Shown] = ()
    above: Sequence[Shown] = ()
    noisy: Sequence[Alone] = ()
    grainy: Sequence[Alone] = ()
    below: Sequence[Alone] = ()


def render(estimates: pd.DataFrame, gate: Gate, action: str, groups: Groups) -> str:
    """Return the page: one HTML document that needs no other file.

    Args:
        estimates: one row per image: sigma, impulse, blockiness, grain, uneven, decision, method, changed.
        action: ``denoise``, ``flag`` or ``off``.
    """
    said = summary.sentence(estimates, by_method=False)
    return document.render(
        TEMPLATES,
        "denoise.html",
        headline=f"{said[0].upper()}{said[1:]}",
        action=action,
        empty=estimates.empty,
        totals=_totals(estimates) if len(estimates) and action != "off" else [],
        charts=_charts(estimates, gate) if len(estimates) and action != "off" else [],
        gate=_said(gate),
        most=[_trio(one) for one in groups.most],
        above=[_trio(one) for one in groups.above],
        noisy=[_single(one) for one in groups.noisy],
        grainy=[_single(one) for one in groups.grainy],
        below=[_single(one) for one in groups.below],
    )


def _totals(estimates: pd.DataFrame) -> list[tuple[str, str]]:
    found = summary.counts(estimates)
    shown = [(count(found["images"]), "images"), (count(found["left_alone"]), "left byte for byte")]
    shown += [(count(n), f"denoised by {name.replace('+', ', then ')}") for name, n in found["methods"].items()]
    shown += [(count(found[name]), said) for name, said in LEFT.items() if found[name]]
    return [*shown, (percent(1 - found["clean"] / found["images"]), "on or above the gate")]


def _said(gate: Gate) -> dict[str, str]:
    return {"sigma": significant(gate.sigma), "impulse": percent(gate.impulse, 2)}


def _charts(estimates: pd.DataFrame, gate: Gate) -> list[dict[str, Any]]:
    asked = (
        ("sigma", gate.sigma, 1.0, "Gaussian noise: σ in grey levels"),
        ("impulse", gate.impulse * 100, 100.0, "Impulses: share of the values, per cent"),
        ("blockiness", None, 1.0, "JPEG’s blocks: step at their borders, grey levels; told, and never treated"),
    )
    return [
        _chart(spread.spread(estimates[name].to_numpy(dtype=np.float64) * scale, limit), title, _said(gate).get(name))
        for name, limit, scale, title in asked
        if limit or estimates[name].any()
    ]


def _chart(found: Spread, title: str, limit: str | None) -> dict[str, Any]:
    """Return a histogram as rectangles; ``limit``: its gate in words."""
    closed = sum(np.isfinite(one.high) for one in found.bins)
    width = WIDTH / (closed + (OPEN + 1 if closed < len(found.bins) else 0))
    scale = HEIGHT / max(one.n for one in found.bins)
    gate = None if found.gate is None else found.gate / found.end * closed * width
    return {
        "title": title,
        "bars": [_bar(one, at, width, scale) for at, one in enumerate(found.bins) if one.n],
        "ticks": [(value / found.end * closed * width, f"{value:g}") for value in _ticks(found.end)],
        "gate": gate,
        "limit": limit,
        "above": found.above,
        "n": found.n,
        "highest": max(one.n for one in found.bins),
    }


def _bar(one: Bin, at: int, width: float, scale: float) -> dict[str, Any]:
    rest = not np.isfinite(one.high)
    ends = f"above {one.low:.3g}" if rest else f"{one.low:.3g} to {one.high:.3g}"
    return {
        "x": (at + OPEN * rest) * width,
        "width": width - 1,
        "height": max(one.n * scale, LEAST),
        "above": one.above,
        "says": f"{ends}: {count(one.n)}",
    }


def _ticks(end: float) -> list[float]:
    step = spread.rounded(end / 6)
    return [number * step for number in range(int(end / step + 1e-6) + 1)]


def _trio(one: Shown) -> dict[str, Any]:
    pictures = (("before", one.closeup.before), ("after", one.closeup.after), ("difference", one.closeup.difference))
    return {
        "path": one.path,
        "noise": _noise(one.noise),
        "method": one.method.replace("+", ", then "),
        "changed": significant(one.changed, 2),
        "factor": one.closeup.factor,
        "pictures": [_picture(picture, name) for name, picture in pictures],
    }


def _single(one: Alone) -> dict[str, Any]:
    noise = f"{_noise(one.noise)}, grain {significant(one.noise.grain, 2)}"
    return {"path": one.path, "noise": noise, "picture": _picture(one.picture, one.path)}


def _noise(noise: Noise) -> str:
    impulses = f", {percent(noise.impulse, 2)} impulses" if noise.impulse >= NOTABLE else ""
    return f"σ {significant(noise.sigma, 2)}{impulses}"


def _picture(image: RGB, says: str) -> dict[str, Any]:
    # The browser enlarges: a pixel stays a square, and the page small.
    return {
        "source": f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode('ascii')}",
        "width": image.shape[1] * ZOOM,
        "height": image.shape[0] * ZOOM,
        "says": says,
    }
