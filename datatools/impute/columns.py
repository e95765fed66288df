"""What a column holds and which of its cells are missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.errors import DataError
from datatools.impute import texts
from datatools.impute.declared import Marker, among, holds
from datatools.impute.kinds import Kind, kind

Column = Mapping[str, Any]  # the fitted description of one column, plain JSON
DAY = pd.Timedelta(days=1)
LARGEST = 1e150  # beyond it nothing is measured, and the square of a number is none


def describe(
    name: str,
    values: "pd.Series[Any]",
    markers: Sequence[Marker],
    otherwise: Kind | None = None,
    keep_text: bool = False,
) -> dict[str, Any]:
    """Return what train says of a column.

    Args:
        markers: what means missing here, see :func:`datatools.impute.declared.holds`; dates as ISO text in columns of time stamps.
        otherwise: the kind of the column where train has no value to tell it.
        keep_text: leave text text. Else text is taken as numbers where a marker stands in it and all others are numbers that lose nothing.

    Returns:
        name, kind, markers, ``empty``: no value is known, ``indicator``: some value is missing; and by kind ``origin``, the earliest time
        stamp as ISO text (null where there is none), ``categories``, sorted, or ``text``: the numbers were written as text.

    Raises:
        DataError: the column mixes types.
    """
    found = kind(name, values)
    column: dict[str, Any] = {"name": name, "kind": found or otherwise or "numeric", "markers": list(markers)}
    known = known_cells(column, values)
    marked_text = found == "categorical" and not keep_text and holds(values, found, markers).any()
    if marked_text and texts.survive(values[known]):
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
    numbers and those beyond 1e150, the markers, categories that train did not have, and text that is no number among numbers. Where train
    had no value at all, any value is 0.

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
    numbers = texts.numbers(values) if column.get("text") else values.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(np.where(known, numbers, np.nan), index=values.index)


def known_cells(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return which cells hold a value, of whatever kind: not null, not infinite or beyond 1e150, no marker."""
    filled: NDArray[np.bool_] = values.notna().to_numpy(dtype=bool)
    return filled & ~marked_cells(column, values) & ~_too_large(column, values)


def marked_cells(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return which cells hold a marker of missing values."""
    found = kind(column["name"], values)
    marked = holds(values, found, column["markers"])
    if found == "categorical" and column.get("text"):
        marked = marked | among(texts.numbers(values), column["markers"])
    return marked


def marked(column: Column, values: "pd.Series[Any]") -> int:
    """Return how many cells of a column hold a marker of missing values."""
    return int(marked_cells(column, values).sum())


def too_large(column: Column, values: "pd.Series[Any]") -> int:
    """Return how many cells count as missing because they are infinite or beyond 1e150 and no marker says what they mean."""
    return int((_too_large(column, values) & ~marked_cells(column, values)).sum())


def unknown(column: Column, values: "pd.Series[Any]") -> int:
    """Return how many cells of a column hold a category that train did not have, or text that is no number among numbers."""
    return int((known_cells(column, values) & cells(column, values).isna()).sum())


def _too_large(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    numbers = _numbers(column, values, kind(column["name"], values))
    return np.zeros(len(values), dtype=bool) if numbers is None else np.abs(numbers) > LARGEST


def _kind_like(column: Column, values: "pd.Series[Any]") -> Kind | None:
    """Return the kind that the values have, where it is that of train; text may stand for numbers where it did in train."""
    if values.isna().all():
        return None  # whatever the type of the column: a frame without a value often has another
    found = kind(column["name"], values)
    if found == "categorical" and column.get("text"):
        return "numeric"
    if found not in (None, column["kind"]) and not column["empty"]:
        raise DataError(f"column {column['name']}: holds {found} values, but {column['kind']} ones when it was fitted")
    return found


def _numbers(column: Column, values: "pd.Series[Any]", found: Kind | None) -> NDArray[np.float64] | None:
    if found == "numeric":
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return texts.numbers(values) if found == "categorical" and column.get("text") else None
