"""Fitting and completing a whole table, each column by the method of its kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from datatools.errors import DataError
from datatools.impute import Boolean, Categorical, Numeric, series
from datatools.impute.columns import Column, cells, describe, known_cells
from datatools.impute.declared import Marker
from datatools.impute.design import beside
from datatools.impute.forward import ForwardFill
from datatools.impute.interpolate import Interpolation
from datatools.impute.kinds import Kind
from datatools.impute.methods import CategoricalMethod, Matrix, NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.names import known_name, known_names
from datatools.impute.refusals import refuse_name_of_gaps, refuse_other_columns, refuse_repeated, refuse_taken_names
from datatools.impute.scaling import Scale
from datatools.manifest import IMAGE_ID, Schema, feature_columns

COMPLETED = Schema("completed", (IMAGE_ID,), features=True)
NUMBERS = ("numeric", "timestamp")
# For columns of which train knows nothing; 0 for the others.
NOTHING: dict[str, Any] = {"categorical": "missing", "boolean": False}
METHODS: Mapping[str, TypeAdapter[Any]] = {"categorical": TypeAdapter(Categorical), "boolean": TypeAdapter(Boolean)}

State = dict[str, Any]  # plain JSON
Cells = dict[str, "pd.Series[Any]"]


@dataclass(frozen=True)
class Methods:
    """How a table is filled.

    Attributes:
        numeric: for numbers and for time stamps, which become days since the earliest of train.
        categorical: for text.
        boolean: for true and false.
        series: what fills columns from the other moments of a row's group before all others do, in this order.
        markers: texts and numbers that mean missing.
        column_markers: more of them, for single columns.
        text: columns of text that stay text although their values are numbers but for a marker.
    """

    numeric: NumericMethod
    categorical: CategoricalMethod = field(default_factory=MissingClass)
    boolean: CategoricalMethod = field(default_factory=ModeFill)
    series: tuple[ForwardFill | Interpolation, ...] = ()
    markers: Sequence[Marker] = ()
    column_markers: Mapping[str, Sequence[Marker]] = field(default_factory=dict)
    text: Sequence[str] = ()


def fit(train: pd.DataFrame, methods: Methods, seed: int = 0, kinds: Mapping[str, Kind | None] | None = None) -> State:
    """Learn how to fill the ``x_*`` columns.

    Args:
        train: the rows to learn from, in any order, with ``image_id``; of the columns that are not ``x_*``, series look at ``group_id``,
            ``captured_at`` and ``split``, and nothing looks at any other.
        seed: draws what the methods draw.
        kinds: of columns of which train may hold no value to tell it, such as those of the whole table.

    Returns:
        a dict that JSON keeps to the bit; it depends on the order neither of the rows nor of the columns. Which columns get an indicator,
        ``<name>_missing``, is fixed here: those with a gap in train.

    Raises:
        DataError: no row, a column with the name of an indicator, of another column or of mixed types, a category with the name of the
            class of missing values.
        SettingsError: settings that name a column that is not there.
    """
    if not len(train):
        raise DataError("train has no rows to learn from; look at the split")
    refuse_repeated(train)
    train = train.sort_values("image_id", ignore_index=True)  # sums must not depend on the order of the rows
    columns = _described(train, methods, kinds or {})
    refuse_taken_names(columns)
    refuse_name_of_gaps(columns, methods.categorical)
    state: State = {"columns": columns, "series": [_series(method, columns) for method in methods.series]}
    found = _cells(state, train)
    X = _matrix(state, found)
    state["numeric"] = _fit_numbers(X, methods.numeric, seed)
    numbers = _filled_numbers(state, X)
    for kind, method in (("categorical", methods.categorical), ("boolean", methods.boolean)):
        state[kind] = {
            name: {
                "settings": method.model_dump(mode="json"),
                "fitted": dict(method.fit(found[name], _inputs(state, name, found, numbers))),
            }
            for name in _named(state, kind)
        }
    return state


def transform(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``image_id``, the ``x_*`` columns without gaps, and the indicators (float 0 or 1).

    Each row is filled by itself, but for columns named under series: they look at other rows of its group among ``rows``, within the bounds
    of ``split`` if it is there, and what they find is an input to the fills of the row's other columns. A category that train did not have
    counts as missing. A column of which train knew no value is the same everywhere: 0, false or ``missing``. Time
    stamps come out as days (float).

    Raises:
        DataError: the columns or their kinds are not those of the fitted table.
    """
    refuse_repeated(rows)
    refuse_other_columns(state["columns"], rows)
    raw = _raw_cells(state, rows)
    found = _carried(state, raw, rows)
    numbers = _filled_numbers(state, _matrix(state, found))
    filled: dict[str, Any] = {
        name: pd.Series(numbers[:, place], index=rows.index) for place, name in enumerate(_named(state, *NUMBERS))
    }
    filled |= {name: _filled(state, "categorical", name, found, numbers) for name in _named(state, "categorical")}
    filled |= {
        name: _filled(state, "boolean", name, found, numbers).astype(np.float64).astype(bool)
        for name in _named(state, "boolean")
    }
    empty = [column for column in state["columns"] if column["empty"]]
    constants = {column["name"]: NOTHING.get(column["kind"], 0.0) for column in empty}
    gaps = [column["name"] for column in state["columns"] if column["indicator"]]
    indicators = {f"{name}_missing": raw[name].isna().astype(np.float64) for name in gaps}
    return pd.DataFrame({"image_id": rows["image_id"], **filled, **constants, **indicators}, index=rows.index)


def missing(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Return which cells count as missing: one boolean column per ``x_*`` column."""
    return pd.DataFrame({name: values.isna() for name, values in _raw_cells(state, rows).items()}, index=rows.index)


def numbers(state: State, rows: pd.DataFrame) -> tuple[list[str], Matrix]:
    """Return names and values, N x D with NaN where missing, of the columns that are filled as numbers."""
    return _named(state, *NUMBERS), _matrix(state, _cells(state, rows))


def _described(train: pd.DataFrame, methods: Methods, kinds: Mapping[str, Kind | None]) -> list[dict[str, Any]]:
    names = sorted(feature_columns(train))  # what is drawn must not depend on their order
    own: dict[str, list[Marker]] = {name: [*methods.markers] for name in names}
    for written, markers in methods.column_markers.items():
        own[known_name(written, names, "column_markers")] += markers
    text = [known_name(written, names, "text") for written in methods.text]
    return [describe(name, train[name], own[name], kinds.get(name), name in text) for name in names]


def _series(method: ForwardFill | Interpolation, columns: Sequence[Column]) -> dict[str, Any]:
    kinds = {column["name"]: column["kind"] for column in columns}
    names = known_names(method.columns, list(kinds), "series")
    for name in names:
        series.refuse_text(method, name, kinds[name])
    return {**method.model_dump(mode="json"), "columns": names}


def _cells(state: State, rows: pd.DataFrame) -> Cells:
    return _carried(state, _raw_cells(state, rows), rows)


def _raw_cells(state: State, rows: pd.DataFrame) -> Cells:
    return {column["name"]: cells(column, rows[column["name"]]) for column in state["columns"]}


def _carried(state: State, raw: Cells, rows: pd.DataFrame) -> Cells:
    """Return the cells after the gaps that the group's other moments explain are filled."""
    found = dict(raw)
    columns = {column["name"]: column for column in state["columns"]}
    for settings in state["series"]:
        method: Any = TypeAdapter(series.Series).validate_python({**settings, "columns": tuple(settings["columns"])})
        for name in method.columns:
            found[name] = series.fill(method, found[name], rows, known_cells(columns[name], rows[name]))
    return found


def _named(state: State, *kinds: str) -> list[str]:
    """Return the columns of these kinds of which train knew a value."""
    return [column["name"] for column in state["columns"] if column["kind"] in kinds and not column["empty"]]


def _matrix(state: State, found: Cells) -> Matrix:
    rows = len(next(iter(found.values()), ()))
    names = _named(state, *NUMBERS)
    return np.column_stack([found[name].to_numpy(dtype=np.float64) for name in names] or [np.empty((rows, 0))])


def _fit_numbers(X: Matrix, method: NumericMethod, seed: int) -> dict[str, Any] | None:
    if not X.shape[1]:
        return None
    scale = Scale.of(X).plain()
    return {"settings": method.model_dump(mode="json"), "fitted": dict(method.fit(X, seed)), **scale}


def _filled_numbers(state: State, X: Matrix) -> Matrix:
    if state["numeric"] is None:
        return X
    method: Any = TypeAdapter(Numeric).validate_python(state["numeric"]["settings"])
    filled: Matrix = method.fill(state["numeric"]["fitted"], X)
    return filled


def _filled(state: State, kind: str, name: str, found: Cells, numbers: Matrix) -> "pd.Series[Any]":
    entry = state[kind][name]
    method = METHODS[kind].validate_python(entry["settings"])
    filled: pd.Series[Any] = method.fill(entry["fitted"], found[name], _inputs(state, name, found, numbers))
    return filled


def _inputs(state: State, name: str, found: Cells, numbers: Matrix) -> Matrix:
    scale = Scale.load(state["numeric"]) if state["numeric"] else None
    return beside(name, [column for column in state["columns"] if not column["empty"]], found, numbers, scale)
