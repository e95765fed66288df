"""What was missing where, and what the fills are worth."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from datatools.impute.columns import Column, marked, unknown
from datatools.impute.methods import NumericMethod
from datatools.impute.table import NUMBERS, State, missing, numbers
from datatools.impute.validation import masked_error, summary


def report(state: State, rows: pd.DataFrame, methods: Mapping[str, NumericMethod], seed: int) -> dict[str, Any]:
    """Describe the gaps of a table and how well each numeric method fills them; plain JSON without NaN.

    Args:
        rows: the whole table, with ``split`` and ``domain``; the methods are compared on its train rows.
        methods: numeric methods by name.
    """
    names, X = numbers(state, rows[rows["split"] == "train"].sort_values("image_id"))
    errors = masked_error(X, names, methods, seed)
    gaps = missing(state, rows)
    return {
        "columns": {column["name"]: _column(state, column, rows, gaps[column["name"]]) for column in state["columns"]},
        "validation": {"error": errors, **summary(errors)},
    }


def _column(state: State, column: Column, rows: pd.DataFrame, gaps: "pd.Series[bool]") -> dict[str, Any]:
    name: str = column["name"]
    values = rows[name]
    return {
        "kind": column["kind"],
        "method": _method(state, column),
        "indicator": column["indicator"],
        "no_value_in_train": column["empty"],
        "missing": _rate(gaps),
        "missing_by_split": _rates(gaps, rows["split"]),
        "missing_by_domain": _rates(gaps, rows["domain"]),
        "markers": marked(values, state["markers"]),
        "unknown_categories": unknown(column, values, state["markers"]),
    }


def _method(state: State, column: Column) -> str:
    if column["empty"]:
        return "constant"
    if column["kind"] in NUMBERS:
        return str(state["numeric"]["settings"]["method"])
    return "mode" if column["kind"] == "boolean" else f"fill with {state['categorical'][column['name']]!r}"


def _rate(gaps: "pd.Series[bool]") -> float:
    return float(np.mean(gaps.to_numpy(dtype=bool)))


def _rates(gaps: "pd.Series[bool]", parts: "pd.Series[Any]") -> dict[str, float]:
    """Return the missing rate within each part, in sorted order; rows without a part are left out."""
    names = parts.to_numpy(dtype=object)
    return {str(name): _rate(gaps[names == name]) for name in sorted(parts.dropna().unique())}
