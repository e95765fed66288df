"""The schedule of all candidates over the epochs: their rates, the layer groups that learn, and what their val loss made of it."""

from typing import Any

import pandas as pd

from datatools.page.candidates import name as in_words
from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.lines import Line

COLUMNS = (
    ("val_loss", "Loss on val, of each candidate", "val loss, nats"),
    ("lr", "Learning rate of the head, of each candidate", "learning rate"),
    ("groups", "Unfreezing: layer groups that learn beside the head", "layer groups"),
)


def charts(candidates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the candidates' curves hold; of one candidate only what its own charts do not show."""
    many = len(candidates["candidate"].unique()) > 1
    return [
        _chart(candidates, column, title, label)
        for column, title, label in COLUMNS
        if column in candidates and candidates[column].notna().any() and (many or column == "groups")
    ]


def _chart(candidates: pd.DataFrame, column: str, title: str, label: str) -> dict[str, Any]:
    known = candidates[candidates[column].notna()].sort_values("epoch")
    drawn = [
        Line(
            in_words(str(name)),
            of["epoch"].astype(float).tolist(),
            of[column].astype(float).tolist(),
            colour,
            len(of) < 30,
        )
        for colour, (name, of) in enumerate(known.groupby("candidate", sort=True), 1)
    ]
    across = Axis("epoch", 0.0, float(candidates["epoch"].max()), whole=True)
    highest = float(known[column].max())
    up = Axis(label, 0.0, highest * 1.05 if highest > 0 else 1.0, whole=column == "groups")
    legend = [(line.name, line.style) for line in drawn]
    return {"title": title, "picture": lines.chart(title, drawn, across, up), "legend": legend}
