"""Stage ``impute``: the tabular features without gaps, learnt on train rows only."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import manifest
from datatools.impute import Boolean, Categorical, Numeric
from datatools.impute.auto import AutoFill
from datatools.impute.columns import Marker
from datatools.impute.iterative import IterativeFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.report import report
from datatools.impute.series import Series, refuse_future
from datatools.impute.table import COMPLETED, Methods, State, fit, transform
from datatools.settings import Settings
from pipelines.stage import Stage, main, write_json


class ImputeSettings(Settings):
    """Section ``impute`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws the hidden values of the masked validation, and trees.")
    numeric: Numeric = Field(
        default=AutoFill(), description="How numbers and time stamps are filled; the report compares the methods."
    )
    categorical: Categorical = Field(default=MissingClass(), description="How categories are filled.")
    boolean: Boolean = Field(default=ModeFill(), description="How columns of true and false are filled.")
    series: tuple[Series, ...] = Field(
        default=(),
        description="Columns measured again and again on one group_id: filled first from its other moments (captured_at).",
    )
    markers: tuple[Marker, ...] = Field(
        default=("", "?", "NA", "N/A", "NaN", "null"),
        description="What means missing in every column: texts (case does not count) and numbers, such as -999. Add what your table uses.",
    )
    column_markers: dict[str, tuple[Marker, ...]] = Field(
        default={},
        description="What means missing in single columns, such as {ColorSpace: [65535]}; the report names suspects.",
    )


def run(settings: ImputeSettings, stage: Stage) -> Mapping[str, Any]:
    """Fit on train, complete every row, and describe what was missing."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    refuse_future(settings.series, rows)
    methods = Methods(
        settings.numeric,
        settings.categorical,
        settings.boolean,
        settings.series,
        settings.markers,
        settings.column_markers,
    )
    state = fit(rows[rows["split"] == "train"], methods, settings.seed)
    table = transform(state, rows)
    described = report(state, rows, table, compared(settings.numeric), settings.seed)
    print(in_words(described))
    manifest.write(table, stage.out / "table.parquet", COMPLETED)
    write_json(stage.out / "state.json", state)
    write_json(stage.out / "report.json", described)
    return metrics(rows, state, described)


def compared(chosen: NumericMethod) -> dict[str, NumericMethod]:
    """Return the numeric methods that the masked validation compares: the one in use, and those that most would try."""
    return {"mean": MeanFill(), "median": MedianFill(), "iterative": IterativeFill(), chosen.method: chosen}


def in_words(described: Mapping[str, Any]) -> str:
    """Return for the terminal what somebody should look at: probable markers, and columns of which train knows nothing."""
    lines = ["impute: columns to look at:"]
    for name, column in described["columns"].items():
        if column["no_value_in_train"]:
            lines.append(f"  {name}: no value in train; kept as a constant")
        lines += [
            f"  {name}: {found['value']!r}, {found['count']} times: {found['why']}; if it means missing, add it to markers"
            for found in column["suspects"]
        ]
    return "\n".join(lines if len(lines) > 1 else ["impute: no column holds undeclared markers"])


def metrics(rows: pd.DataFrame, state: State, described: Mapping[str, Any]) -> dict[str, Any]:
    """Return how much was missing and which method filled hidden values best."""
    columns = described["columns"].values()
    validation = described["validation"]
    return {
        "rows": len(rows),
        "columns": len(columns),
        "indicators": sum(column["indicator"] for column in columns),
        "missing": sum(column["missing"] for column in columns) / max(len(columns), 1),
        "no_value_in_train": sum(column["no_value_in_train"] for column in columns),
        "suspected_markers": sum(len(column["suspects"]) for column in columns),
        "method": state["numeric"]["settings"]["method"] if state["numeric"] else "none",
        "validation_error": validation["mean_error"],
        "validation_best": validation["best"] or "none",
    }


if __name__ == "__main__":
    main("impute", ImputeSettings, run)
