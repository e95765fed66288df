"""What a column holds and which of its cells are missing."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from datatools.errors import DataError

Kind = Literal["numeric", "timestamp", "categorical", "boolean"]
Column = Mapping[str, Any]  # the fitted description of one column, plain JSON
DAY = pd.Timedelta(days=1)


def describe(name: str, values: "pd.Series[Any]", markers: Iterable[str]) -> dict[str, Any]:
    """Return what train says of a column.

    Returns:
        name, kind, ``empty``: no value is known, ``indicator``: some value is missing; and by kind ``origin``, the earliest time stamp as
        ISO text (null where there is none), or ``categories``, sorted.
    """
    known = _known(values, markers)
    column = {"name": name, "kind": _kind(values) or "numeric", "empty": not known.any(), "indicator": not known.all()}
    if column["kind"] == "timestamp":
        column["origin"] = None if column["empty"] else pd.to_datetime(values, utc=True).min().isoformat()
    if column["kind"] == "categorical":
        column["categories"] = sorted(values.astype(object)[known].unique())
    return column


def cells(column: Column, values: "pd.Series[Any]", markers: Iterable[str]) -> "pd.Series[Any]":
    """Return the cells of a column in the form in which they are filled, NaN where they are missing.

    Numbers and booleans (0, 1) are float64, time stamps days since the column's origin, categories text. Missing are null, infinite
    numbers, the markers in columns of text, and categories that train did not have. Where train had no value at all, any value is 0.

    Raises:
        DataError: the column holds another kind of value than in train.
    """
    known, kind = pd.Series(_known(values, markers), index=values.index), _kind(values)
    if column["empty"] or kind is None:
        form = object if column["kind"] == "categorical" else np.float64
        return pd.Series(np.where(known, 0.0, np.nan), index=values.index).astype(form)
    if kind != column["kind"]:
        raise DataError(f"column {column['name']}: holds {kind} values, but {column['kind']} ones when it was fitted")
    if kind == "timestamp":
        return ((pd.to_datetime(values, utc=True) - pd.Timestamp(column["origin"])) / DAY).astype(np.float64)
    if kind == "categorical":
        return values.astype(object).where(known & values.isin(column["categories"]), np.nan)
    return values.where(known, np.nan).astype(np.float64)


def marked(values: "pd.Series[Any]", markers: Iterable[str]) -> int:
    """Return how many cells of a column hold a marker of missing values."""
    return int((values.notna() & ~_known(values, markers)).sum()) if _kind(values) == "categorical" else 0


def unknown(column: Column, values: "pd.Series[Any]", markers: Iterable[str]) -> int:
    """Return how many cells of a column hold a category that train did not have."""
    return int((_known(values, markers) & cells(column, values, markers).isna()).sum())


def _known(values: "pd.Series[Any]", markers: Iterable[str]) -> NDArray[np.bool_]:
    kind = _kind(values)
    known: NDArray[np.bool_] = values.notna().to_numpy(dtype=bool)
    if kind == "numeric":
        known = np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "categorical":
        low = {marker.strip().casefold() for marker in markers}
        text = values.astype(object).to_numpy()
        known = known & np.array([str(value).strip().casefold() not in low for value in text], dtype=bool)
    return known


def _kind(values: "pd.Series[Any]") -> Kind | None:
    """Return the kind of a column; None where all is null and nothing says what it was to be."""
    type_ = pa.Array.from_pandas(values).type
    if pa.types.is_null(type_):
        return None
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    return "categorical" if pa.types.is_string(type_) or pa.types.is_large_string(type_) else "numeric"
