"""Reliability: how often answers of a given sureness were right, before and after the temperature."""

from typing import Any

import pandas as pd

from datatools.page.numbers import count, decimal
from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.inputs import Json
from datatools.report.lines import Line

NAMES = {"none": "as delivered", "temperature": "with the temperature"}


def drawn(table: pd.DataFrame) -> dict[str, Any] | None:
    """Return the chart of a reliability table; None where it is empty.

    Args:
        table: columns scaling, confidence, accuracy, images; a row per bin that holds an image.
    """
    if table.empty:
        return None
    found = [
        Line(NAMES.get(str(name), str(name)), of["confidence"].tolist(), of["accuracy"].tolist(), colour, dots=True)
        for colour, (name, of) in enumerate(table.groupby("scaling", sort=False), 1)
    ]
    across, up = Axis("mean probability of the answers", 0.0, 1.0), Axis("share that was right", 0.0, 1.0)
    return {
        "picture": lines.chart("Reliability of the probabilities", found, across, up, diagonal=True),
        "legend": [(line.name, line.style) for line in found],
    }


def told(metrics: Json, split: str) -> str:
    """Return what the calibration errors and the temperature say, as a sentence; empty where they are not known."""
    before, after = (metrics["finetuned"][split].get(name) for name in ("ece", "ece_scaled"))
    heat = metrics.get("temperature")
    if not before or before["value"] is None:
        return ""
    first = f"Answers are off by {decimal(before['value'])} on average over {count(before['n'])} images (ECE)"
    if not after or after["value"] is None or heat is None:
        return f"{first}."
    sense = "too sure of itself" if heat > 1 else "not sure enough of itself"
    return f"{first}; val says that the model is {sense}: a temperature of {decimal(heat, 2)} brings that to {decimal(after['value'])}."
