"""Stage ``impute``: the tabular features without gaps, learnt on train rows only."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import manifest
from datatools.impute import Categorical, Numeric
from datatools.impute.iterative import IterativeFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.report import report
from datatools.impute.table import COMPLETED, State, fit, transform
from datatools.settings import Settings
from pipelines.stage import Stage, main, write_json


class ImputeSettings(Settings):
    """Section ``impute`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws the hidden values of the masked validation; no fill depends on it.")
    numeric: Numeric = Field(
        default=IterativeFill(),
        description="How numbers and time stamps are filled; the report compares it with the median.",
    )
    categorical: Categorical = Field(default=MissingClass(), description="How categories are filled.")
    markers: tuple[str, ...] = Field(
        default=("", "?", "NA", "N/A", "NaN", "null"),
        description="Texts that mean missing, in columns of text; case does not count. Add what your table uses.",
    )


def run(settings: ImputeSettings, stage: Stage) -> Mapping[str, Any]:
    """Fit on train, complete every row, and describe what was missing."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    state = fit(rows[rows["split"] == "train"], settings.numeric, settings.categorical, settings.markers)
    table = transform(state, rows)
    described = report(state, rows, compared(settings.numeric), settings.seed)
    manifest.write(table, stage.out / "table.parquet", COMPLETED)
    write_json(stage.out / "state.json", state)
    write_json(stage.out / "report.json", described)
    return metrics(rows, state, described)


def compared(chosen: NumericMethod) -> dict[str, NumericMethod]:
    """Return the numeric methods that the masked validation compares: the one in use, and the two that most would try."""
    return {"iterative": IterativeFill(), "median": MedianFill(), chosen.method: chosen}


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
        "method": state["numeric"]["settings"]["method"] if state["numeric"] else "none",
        "validation_error": validation["mean_error"],
        "validation_best": validation["best"] or "none",
    }


if __name__ == "__main__":
    main("impute", ImputeSettings, run)
