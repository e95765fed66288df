"""Small pictures of what a search for a setting has found, as PNG bytes."""

import io
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INCHES, DOTS = (7.0, 4.2), 120


def curve(
    title: str, across: str, up: str, points: tuple[Sequence[float], Sequence[float]], mark: float, note: str, base: int
) -> bytes:
    """Return a line over a logarithmic axis with one marked place.

    Args:
        across, up: names of the axes, with their units.
        points: the places on both axes.
        mark: place that is marked by a vertical line.
        note: what stands beside the mark.
        base: of the logarithm.
    """
    figure = Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(*points, color="#2563a8", linewidth=2, marker="o" if len(points[0]) < 20 else None)
    axes.set_xscale("log", base=base)
    axes.axvline(mark, color="#b4540a", linestyle="--", linewidth=1.5)
    axes.annotate(
        note, (mark, 0.97), xycoords=("data", "axes fraction"), rotation=90, ha="right", va="top", color="#b4540a"
    )
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
