"""What a column holds and which of its cells are missing."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from datatools.errors import DataError

Kind = Literal["numeric", "timestamp", "categorical", "boolean"]
Column = Mapping[str, Any]  # the fitted description of one column, plain JSON
Marker = str | float
DAY = pd.Timedelta(days=1)


def describe(name: str, values: "pd.Series[Any]", markers: Sequence[Marker]) -> dict[str, Any]:
    """Return what train says of a column.

    Args:
        markers: what means missing here: texts in columns of text (case and outer blanks do not count), numbers in columns of numbers,
            dates as ISO text in columns of time stamps.

    Returns:
        name, kind, markers, ``empty``: no value is known, ``indicator``: some value is missing; and by kind ``origin``, the earliest time
        stamp as ISO text (null where there is none), ``categories``, sorted, or ``text``: the numbers were written as text.

    Raises:
        DataError: the column mixes types.
    """
    column: dict[str, Any] = {"name": name, "kind": kind(name, values) or "numeric", "markers": list(markers)}
    known = known_cells(column, values)
    if column["kind"] == "categorical" and known.any() and np.isfinite(_parsed(values[known])).all():
        # "12", "7", "?": a marker that ingest did not know made text of a column of numbers.
        column |= {"kind": "numeric", "text": True}
        known = known_cells(column, values)
    column |= {"empty": not known.any(), "indicator": not known.all()}
    if column["kind"] == "timestamp":
        column["origin"] = pd.to_datetime(values[known], utc=True).min().isoformat() if known.any() else None
    if column["kind"] == "categorical":
        column["categories"] = sorted(values.astype(object)[known].unique())
    return column


def cells(column: Column, values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the cells of a column in the form in which they are filled, NaN where they are missing.

    Numbers and booleans (0, 1) are float64, time stamps days since the column's origin, categories text. Missing are null, infinite
    numbers, the markers, and categories that train did not have. Where train had no value at all, any value is 0.

    Raises:
        DataError: the column holds another kind of value than in train, or mixes types.
    """
    known, found = pd.Series(known_cells(column, values), index=values.index), _kind_like(column, values)
    if column["empty"] or found is None:
        form = object if column["kind"] == "categorical" else np.float64
        return pd.Series(np.where(known, 0.0, np.nan), index=values.index).astype(form)
    if found == "timestamp":
        days = (pd.to_datetime(values, utc=True) - pd.Timestamp(column["origin"])) / DAY
        return days.astype(np.float64).where(known, np.nan)
    if found == "categorical":
        return values.astype(object).where(known & values.isin(column["categories"]), np.nan)
    numbers = _parsed(values) if column.get("text") else values.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(np.where(known, numbers, np.nan), index=values.index)


def known_cells(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return which cells hold a value: not null, not infinite, no marker."""
    known: NDArray[np.bool_] = values.notna().to_numpy(dtype=bool)
    found = kind(column["name"], values)
    if found == "categorical":
        known = known & ~_in_text(values, column["markers"])
    numbers = _numbers(column, values, found)
    if numbers is not None:
        sentinels = [marker for marker in column["markers"] if not isinstance(marker, str)]
        known = known & np.isfinite(numbers) & ~np.isin(numbers, np.asarray(sentinels, dtype=np.float64))
    if found == "timestamp":
        dates = pd.to_datetime(_texts(column["markers"]), utc=True, errors="coerce", format="ISO8601").dropna()
        known = known & ~values.isin(dates).to_numpy(dtype=bool)
    return known


def marked(column: Column, values: "pd.Series[Any]") -> int:
    """Return how many cells of a column hold a marker of missing values."""
    unmarked = known_cells({**column, "markers": []}, values)
    return int((unmarked & ~known_cells(column, values)).sum())


def unknown(column: Column, values: "pd.Series[Any]") -> int:
    """Return how many cells of a column hold a category that train did not have."""
    return int((known_cells(column, values) & cells(column, values).isna()).sum())


def kind(name: str, values: "pd.Series[Any]") -> Kind | None:
    """Return the kind of a column; None where all is null and nothing says what it was to be.

    Raises:
        DataError: the column mixes types.
    """
    try:
        type_ = pa.Array.from_pandas(values).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise DataError(f"column {name}: mixes several types; give it one") from None
    if pa.types.is_null(type_):
        return None
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_timestamp(type_):
        return "timestamp"
    return "categorical" if pa.types.is_string(type_) or pa.types.is_large_string(type_) else "numeric"


def _kind_like(column: Column, values: "pd.Series[Any]") -> Kind | None:
    """Return the kind that the values have, where it is that of train; text may stand for numbers where it did in train."""
    found = kind(column["name"], values)
    if found == "categorical" and column.get("text"):
        return "numeric"
    if found not in (None, column["kind"]) and not column["empty"]:
        raise DataError(f"column {column['name']}: holds {found} values, but {column['kind']} ones when it was fitted")
    return found


def _numbers(column: Column, values: "pd.Series[Any]", found: Kind | None) -> NDArray[np.float64] | None:
    if found == "numeric":
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return _parsed(values) if found == "categorical" and column.get("text") else None


def _parsed(texts: "pd.Series[Any]") -> NDArray[np.float64]:
    return pd.to_numeric(texts.astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _in_text(values: "pd.Series[Any]", markers: Sequence[Marker]) -> NDArray[np.bool_]:
    low = {marker.strip().casefold() for marker in _texts(markers)}
    texts = values.astype(object)
    meant = [text for text in texts.dropna().unique() if str(text).strip().casefold() in low]
    return texts.isin(meant).to_numpy(dtype=bool)


def _texts(markers: Sequence[Marker]) -> list[str]:
    return [marker for marker in markers if isinstance(marker, str)]
