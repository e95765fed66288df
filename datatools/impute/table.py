"""Fitting and completing a whole table, each column by the method of its kind."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from datatools.errors import DataError
from datatools.impute import Numeric
from datatools.impute.columns import cells, describe
from datatools.impute.methods import CategoricalMethod, Matrix, NumericMethod
from datatools.impute.mode import most_frequent
from datatools.manifest import IMAGE_ID, Schema, feature_columns

COMPLETED = Schema("completed", (IMAGE_ID,), features=True)
NUMBERS = ("numeric", "timestamp")
NOTHING: dict[str, Any] = {
    "categorical": "missing",
    "boolean": False,
}  # for columns of which train knows nothing; 0 for the others

State = dict[str, Any]  # plain JSON


def fit(
    train: pd.DataFrame, numeric: NumericMethod, categorical: CategoricalMethod, markers: Sequence[str] = ()
) -> State:
    """Learn how to fill the ``x_*`` columns.

    Args:
        train: the rows to learn from, in any order, with ``image_id``; columns other than ``x_*`` are not looked at.
        numeric: for numbers and for time stamps, which become days since the earliest of train.
        categorical: for text. Booleans take their most frequent value.
        markers: texts that mean missing, in columns of text; case and outer blanks do not count.

    Returns:
        a dict that JSON keeps to the bit. Which columns get an indicator, ``<name>_missing``, is fixed here: those with a gap in train.

    Raises:
        DataError: no row, or a column with the name of an indicator.
    """
    if not len(train):
        raise DataError("impute: train has no rows to learn from; look at the split")
    train = train.sort_values("image_id", ignore_index=True)  # sums must not depend on the order of the rows
    columns = [describe(name, train[name], markers) for name in feature_columns(train)]
    _refuse_taken_names(columns)
    state: State = {"columns": columns, "markers": list(markers)}
    found = _cells(state, train)
    state["numeric"] = _fit_numbers(state, found, numeric)
    state["categorical"] = {name: categorical.fit(found[name].dropna()) for name in _named(state, "categorical")}
    state["boolean"] = {name: float(most_frequent(found[name].dropna())) for name in _named(state, "boolean")}
    return state


def transform(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``image_id``, the ``x_*`` columns without gaps, and the indicators (float 0 or 1); each row by itself.

    A category that train did not have counts as missing. A column of which train knew no value is the same everywhere: 0, false or
    ``missing``. Time stamps come out as days (float).

    Raises:
        DataError: the columns or their kinds are not those of the fitted table.
    """
    _refuse_other_columns(state, rows)
    found = _cells(state, rows)
    filled = _filled_numbers(state, found)
    filled |= {name: found[name].fillna(state["categorical"][name]) for name in _named(state, "categorical")}
    filled |= {name: found[name].fillna(state["boolean"][name]).astype(bool) for name in _named(state, "boolean")}
    empty = [column for column in state["columns"] if column["empty"]]
    constants = {column["name"]: NOTHING.get(column["kind"], 0.0) for column in empty}
    gaps = [column["name"] for column in state["columns"] if column["indicator"]]
    indicators = {f"{name}_missing": found[name].isna().astype(np.float64) for name in gaps}
    return pd.DataFrame({"image_id": rows["image_id"], **filled, **constants, **indicators}, index=rows.index)


def missing(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Return which cells count as missing: one boolean column per ``x_*`` column."""
    return pd.DataFrame({name: values.isna() for name, values in _cells(state, rows).items()}, index=rows.index)


def numbers(state: State, rows: pd.DataFrame) -> tuple[list[str], Matrix]:
    """Return names and values, N x D with NaN where missing, of the columns that are filled as numbers."""
    return _named(state, *NUMBERS), _matrix(state, _cells(state, rows))


Cells = dict[str, "pd.Series[Any]"]


def _cells(state: State, rows: pd.DataFrame) -> Cells:
    return {column["name"]: cells(column, rows[column["name"]], state["markers"]) for column in state["columns"]}


def _named(state: State, *kinds: str) -> list[str]:
    """Return the columns of these kinds of which train knew a value."""
    return [column["name"] for column in state["columns"] if column["kind"] in kinds and not column["empty"]]


def _matrix(state: State, found: Cells) -> Matrix:
    return np.column_stack(
        [found[name].to_numpy(dtype=np.float64) for name in _named(state, *NUMBERS)] or [np.empty((0, 0))]
    )


def _fit_numbers(state: State, found: Cells, method: NumericMethod) -> dict[str, Any] | None:
    if not _named(state, *NUMBERS):
        return None
    return {"settings": method.model_dump(mode="json"), "fitted": dict(method.fit(_matrix(state, found)))}


def _filled_numbers(state: State, found: Cells) -> Cells:
    if state["numeric"] is None:
        return {}
    method: Any = TypeAdapter(Numeric).validate_python(state["numeric"]["settings"])
    X = method.fill(state["numeric"]["fitted"], _matrix(state, found))
    names = _named(state, *NUMBERS)
    return {name: pd.Series(X[:, place], index=found[name].index) for place, name in enumerate(names)}


def _refuse_taken_names(columns: list[dict[str, Any]]) -> None:
    names = {column["name"] for column in columns}
    for column in columns:
        if column["indicator"] and f"{column['name']}_missing" in names:
            raise DataError(
                f"impute: column {column['name']}_missing: is the name of the indicator of {column['name']}; rename yours in ingest"
            )


def _refuse_other_columns(state: State, rows: pd.DataFrame) -> None:
    fitted, given = {column["name"] for column in state["columns"]}, set(feature_columns(rows))
    for name in sorted(fitted ^ given):
        what = "is missing from the table" if name in fitted else "was not there"
        raise DataError(
            f"column {name}: {what}, but the imputer was fitted {'with' if name in fitted else 'without'} it"
        )
