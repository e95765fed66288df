"""Curves of each class against the rest: ROC, and precision over recall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from datatools.page.numbers import decimal
from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.inputs import Inputs, Json
from datatools.report.lines import Line
from datatools.report.tables import records

MOST_COLOURS = 8


@dataclass(frozen=True)
class Kind:
    """A kind of curve: its table, its columns with their names, the metric of its area, and whether chance is the diagonal."""

    table: str
    title: str
    across: tuple[str, str]
    up: tuple[str, str]
    metric: str
    diagonal: bool


ROC = Kind(
    "roc",
    "ROC of each class against the rest",
    ("fpr", "false positive rate"),
    ("tpr", "true positive rate"),
    "roc_auc",
    True,
)
PR = Kind(
    "pr",
    "Precision over recall, each class against the rest",
    ("recall", "recall"),
    ("precision", "precision"),
    "pr_auc",
    False,
)


def drawn(inputs: Inputs, split: str, kind: Kind) -> dict[str, Any] | None:
    """Return the curves of the delivered model with their areas; with many classes the weakest are in colour. None without curves."""
    areas, curves = _areas(inputs.breakdown, split, kind.metric), inputs.plots[kind.table]
    weakest = areas["name"].tolist()
    if not weakest or curves.empty:
        return None
    coloured = sorted(weakest) if len(weakest) <= MOST_COLOURS else weakest[:MOST_COLOURS]
    found = _lines(curves, kind, coloured)
    across, up = Axis(kind.across[1], 0.0, 1.0), Axis(kind.up[1], 0.0, 1.0)
    of = {row["name"]: row for row in records(areas)}
    return {
        "title": kind.title,
        "picture": lines.chart(kind.title, found, across, up, diagonal=kind.diagonal),
        "legend": [{"name": line.name, "style": line.style, **_area(of[line.name])} for line in found if line.colour],
        "more": len(found) - len(coloured),
    }


def _areas(breakdown: pd.DataFrame, split: str, metric: str) -> pd.DataFrame:
    """Return the known areas of the classes, the smallest first."""
    of = (breakdown["model"] == "finetuned") & (breakdown["split"] == split) & (breakdown["kind"] == "class")
    known = breakdown[of & (breakdown["metric"] == metric) & breakdown["value"].notna()]
    return known.sort_values(["value", "name"])


def _lines(curves: pd.DataFrame, kind: Kind, coloured: Sequence[str]) -> list[Line]:
    colours = {name: row for row, name in enumerate(coloured, 1)}
    found = [
        Line(str(name), curve[kind.across[0]].tolist(), curve[kind.up[0]].tolist(), colours.get(str(name), 0))
        for name, curve in curves.groupby("class")
    ]
    return sorted(found, key=lambda line: (line.colour > 0, line.colour))


def _area(row: Json) -> dict[str, str]:
    return {"value": decimal(row["value"]), "ends": f"{decimal(row['low'])} to {decimal(row['high'])}"}
