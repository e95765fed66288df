"""The learning curve of the probe: what more images would bring."""

from typing import Any

import pandas as pd

from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.lines import Line


def drawn(table: pd.DataFrame) -> dict[str, Any] | None:
    """Return val accuracy over the number of train images: every draw in grey, their mean in colour. None with fewer than two sizes."""
    if table["fraction"].nunique() < 2:
        return None
    means = table.groupby("fraction")[["images", "accuracy"]].mean()
    draws = [
        Line(f"draw {number}", of["images"].astype(float).tolist(), (of["accuracy"] * 100).tolist(), 0)
        for number, of in table.sort_values("fraction").groupby("draw")
    ]
    mean = Line("mean", means["images"].tolist(), (means["accuracy"] * 100).tolist(), 1, dots=True)
    values = table["accuracy"] * 100
    low, high = float(values.min()), float(values.max())
    room = max((high - low) * 0.1, 1.0)
    across = Axis("train images", 0.0, float(table["images"].max()))
    up = Axis("val images right, %", max(0.0, low - room), min(100.0, high + room))
    return {"picture": lines.chart("Accuracy of the probe by number of train images", [*draws, mean], across, up)}
