"""Which values of the table were missing, how they were filled, and what the fills are worth."""

from typing import Any

from datatools.page.numbers import count, counted, decimal, percent
from datatools.report.inputs import Inputs, Json, Section


def view(inputs: Inputs) -> Section:
    """Return the section."""
    rows = missing(inputs)
    return Section(
        "impute", "Missing values", _headline(rows), {"columns": rows, "validation": validation(inputs.imputation)}
    )


def _headline(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "The data have no tabular features: there was nothing to fill."
    gaps, cells = sum(row["gaps"] for row in rows), sum(row["n"] for row in rows)
    if not gaps:
        return f"{counted(len(rows), 'feature')}, no value missing."
    return (
        f"{count(gaps)} of {count(cells)} values of {counted(len(rows), 'feature')} were missing ({percent(gaps / cells)})"
        " and were filled with what train rows taught."
    )


def missing(inputs: Inputs) -> list[dict[str, Any]]:
    """Return each feature's missing values before and after and the method that filled them, the worst first."""
    known = inputs.imputation.get("columns", {})
    rows = [
        _column(inputs, str(name), known.get(name, {})) for name in inputs.rows.columns if str(name).startswith("x_")
    ]
    return sorted(rows, key=lambda row: (-int(row["gaps"]), row["name"]))


def _column(inputs: Inputs, name: str, described: Json) -> dict[str, Any]:
    before = inputs.rows[name]
    # A text such as "NA" is missing to the imputer and none to pandas: its own count is the true one.
    share = described.get("missing", float(before.isna().mean()))
    return {
        "name": name.removeprefix("x_"),
        "n": len(before),
        "gaps": round(share * len(before)),
        "before": share,
        "after": float(inputs.completed[name].isna().mean()) if name in inputs.completed else None,
        "method": described.get("method", ""),
        "indicator": bool(described.get("indicator", False)),
    }


def validation(imputation: Json) -> list[dict[str, Any]]:
    """Return the error of each numeric method on hidden values, the best first; empty where nothing could be hidden."""
    found = imputation.get("validation", {})
    errors, wins = found.get("mean_error", {}), found.get("best_on", {})
    return [
        {"name": name, "error": decimal(error, 2), "wins": wins.get(name, 0)}
        for name, error in sorted(errors.items(), key=lambda item: (item[1], item[0]))
    ]
