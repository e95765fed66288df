"""What was missing where, and what the fills are worth."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from datatools.impute.chance import by_part
from datatools.impute.columns import Column, marked, too_large, unknown
from datatools.impute.markers import suspects
from datatools.impute.methods import NumericMethod
from datatools.impute.picture import before_and_after, patterns
from datatools.impute.table import NUMBERS, State, missing, numbers
from datatools.impute.validation import Errors, hide, repeats, sample, summary


def report(
    state: State, rows: pd.DataFrame, completed: pd.DataFrame, methods: Mapping[str, NumericMethod], seed: int
) -> dict[str, Any]:
    """Describe the gaps of a table and how well each numeric method fills them; plain JSON without NaN.

    Args:
        rows: the whole table, with ``split`` and ``domain``, and ``group_id`` and ``cluster_id`` if it has them; the methods are
            compared on its train rows.
        completed: the same rows filled.
        methods: numeric methods by name that are compared, unless the state holds a comparison of its own.
    """
    gaps, groups = missing(state, rows), _groups(rows)
    errors = _errors(state, rows, methods, seed)
    return {
        "columns": {
            column["name"]: _column(state, column, rows, groups, gaps[column["name"]], completed[column["name"]])
            for column in state["columns"]
        },
        "patterns": patterns(gaps),
        "validation": {"error": errors, **summary(errors), "left_out": _of_auto(state, "left_out") or {}},
    }


def _errors(state: State, rows: pd.DataFrame, methods: Mapping[str, NumericMethod], seed: int) -> Errors:
    names, X = numbers(state, rows[rows["split"] == "train"].sort_values("image_id"))
    judged = _of_auto(state, "errors")
    if judged is not None:
        return {names[int(place)]: found for place, found in judged.items()}
    looked_at = sample(X, seed)
    return hide(looked_at, methods, seed, repeats(len(looked_at))).errors(names)


def _of_auto(state: State, key: str) -> Any:
    """Return what ``auto`` wrote down while choosing; None where another method was set."""
    return state["numeric"]["fitted"].get(key) if state["numeric"] else None


def _column(
    state: State,
    column: Column,
    rows: pd.DataFrame,
    groups: "pd.Series[Any] | None",
    gaps: "pd.Series[bool]",
    filled: "pd.Series[Any]",
) -> dict[str, Any]:
    values = cast("pd.Series[Any]", rows[column["name"]])
    return {
        "kind": column["kind"],
        "method": _method(state, column),
        "indicator": column["indicator"],
        "no_value_in_train": column["empty"],
        "missing": float(np.mean(gaps.to_numpy(dtype=bool))),
        "by_split": by_part(gaps, rows["split"], groups),
        "by_domain": by_part(gaps, rows["domain"], groups),
        "from_text": bool(column.get("text", False)),
        "markers": marked(column, values),
        "too_large": too_large(column, values),
        "suspects": suspects(column, values),
        "unknown_categories": unknown(column, values),
        "distribution": before_and_after(column, gaps, filled),
    }


def _groups(rows: pd.DataFrame) -> "pd.Series[Any] | None":
    """Return which rows are one thing seen several times: the user's group, or else the cluster of near duplicates."""
    known = [rows[name] for name in ("group_id", "cluster_id") if name in rows]
    return known[0].where(known[0].notna(), known[-1]) if known else None


def _method(state: State, column: Column) -> str:
    """Return in words what fills a column."""
    name = column["name"]
    if column["empty"]:
        return "constant"
    if column["kind"] in NUMBERS:
        names = [each["name"] for each in state["columns"] if each["kind"] in NUMBERS and not each["empty"]]
        choice = _of_auto(state, "choice")
        return " + ".join(choice[names.index(name)]) if choice else str(state["numeric"]["settings"]["method"])
    entry = state[column["kind"]][name]
    if entry["settings"]["method"] == "model" and entry["fitted"]["lines"] is None:
        return "mode"  # the model was no better on hidden values
    return str(entry["settings"]["method"])
