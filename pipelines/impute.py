"""Stage ``impute``: the tabular features without gaps, learnt on train rows only."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator, Field

from datatools import manifest
from datatools.impute import Boolean, Categorical, Numeric
from datatools.impute.auto import AutoFill
from datatools.impute.declared import Marker, holds
from datatools.impute.iterative import IterativeFill
from datatools.impute.kinds import kind
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.names import known_name
from datatools.impute.report import report
from datatools.impute.series import Series, refuse_future
from datatools.impute.table import COMPLETED, Methods, State, fit, transform
from datatools.settings import Settings
from pipelines.stage import Stage, main, write_json


def _quoted(value: object) -> object:
    """Refuse what YAML makes of text without quotes."""
    if value is None or isinstance(value, bool | date):
        kind_ = "a date" if isinstance(value, date) else f"the value {value}"
        raise ValueError(
            f"must be text or a number, got {kind_}: without quotes YAML reads it so; quote it, as in ['no', '1970-01-31']"
        )
    return value


Written = Annotated[Marker, BeforeValidator(_quoted)]


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
    markers: tuple[Written, ...] = Field(
        default=("", "?", "NA", "N/A", "NaN", "null"),
        description="What means missing in every column: texts (case does not count) and numbers, such as -999. Add what your table uses.",
    )
    column_markers: dict[str, tuple[Written, ...]] = Field(
        default={},
        description="What means missing in single columns, such as {ColorSpace: [65535]}; the report names suspects.",
    )
    text: tuple[str, ...] = Field(
        default=(),
        description="Columns of text that stay text where it is numbers but for a marker ('12', '7', '?'), such as codes of places.",
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
        settings.text,
    )
    kinds = {name: kind(name, rows[name]) for name in manifest.feature_columns(rows)}
    state = fit(rows[rows["split"] == "train"], methods, settings.seed, kinds)
    table = transform(state, rows)
    described = report(state, rows, table, compared(settings.numeric), settings.seed)
    print(in_words(described, unmatched(settings.column_markers, rows)))
    manifest.write(table, stage.out / "table.parquet", COMPLETED)
    write_json(stage.out / "state.json", state)
    write_json(stage.out / "report.json", described)
    return metrics(rows, state, described)


def compared(chosen: NumericMethod) -> dict[str, NumericMethod]:
    """Return the numeric methods that the masked validation compares: the one in use, and those that most would try."""
    return {"mean": MeanFill(), "median": MedianFill(), "iterative": IterativeFill(), chosen.method: chosen}


def unmatched(declared: Mapping[str, Sequence[Marker]], rows: pd.DataFrame) -> list[tuple[str, Marker]]:
    """Return the columns and the markers declared for them that stand in no row."""
    names = manifest.feature_columns(rows)
    found = []
    for written, markers in declared.items():
        values = rows[known_name(written, names, "column_markers")]
        of_kind = kind(str(values.name), values)
        found += [(str(values.name), marker) for marker in markers if not holds(values, of_kind, [marker]).any()]
    return found


def in_words(described: Mapping[str, Any], absent: Sequence[tuple[str, Marker]] = ()) -> str:
    """Return for the terminal what somebody should look at: probable markers, and what was decided without asking."""
    lines = ["impute: columns to look at:"]
    for name, column in described["columns"].items():
        lines += [f"  {name}: {said}" for said in _decisions(name, column)]
        lines += [
            f"  {name}: {found['value']!r}, {found['count']} times: {found['why']}; if it means missing, add it to markers"
            for found in column["suspects"]
        ]
    for name, marker in absent:
        hint = "; dates are written as '1970-01-31'" if described["columns"][name]["kind"] == "timestamp" else ""
        written = repr(marker) if isinstance(marker, str) else f"{marker:.15g}"
        lines.append(f"  {name}: its marker {written} stands in no row{hint}")
    return "\n".join(lines if len(lines) > 1 else ["impute: no column holds undeclared markers"])


def _decisions(name: str, column: Mapping[str, Any]) -> Iterator[str]:
    if column["no_value_in_train"]:
        yield "no value in train; kept as a constant"
    if column["from_text"]:
        yield f"text of numbers and markers; taken as numbers (to keep it as text: impute.text: [{name.removeprefix('x_')}])"
    if column["too_large"]:
        yield f"{column['too_large']} values are infinite or beyond 1e150; they count as missing"
    if column["unknown_categories"]:
        yield f"{column['unknown_categories']} values that train does not have; they count as missing"


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
