"""A completed table of features as numbers, for the floors that see the table: columns and categories are fixed by the training rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CATEGORIES = 64  # of one column, at most; a column of names would otherwise give one number per row


@dataclass(frozen=True)
class Encoder:
    """How columns become numbers.

    Attributes:
        numeric: columns taken as they are, with the value that stands for a missing one; times count as days.
        categorical: columns of text with the categories that get a 0/1 number each; all others are 0 everywhere.
    """

    numeric: tuple[tuple[str, float], ...]
    categorical: tuple[tuple[str, tuple[str, ...]], ...]

    def __call__(self, frame: pd.DataFrame) -> Numbers:
        """Return the rows as numbers, shape (n, width)."""
        columns = [np.asarray(_numbers(frame[name]).fillna(middle), dtype=np.float64) for name, middle in self.numeric]
        for name, values in self.categorical:
            text = frame[name].astype(object).where(frame[name].notna(), None)
            columns += [(text == value).to_numpy().astype(np.float64) for value in values]
        return np.stack(columns, axis=1) if columns else np.empty((len(frame), 0))


def fit(frame: pd.DataFrame, columns: Sequence[str]) -> Encoder:
    """Return the encoder of these columns, learnt from ``frame``, which holds the training rows only."""
    text = [name for name in columns if _is_text(frame[name])]
    numeric = [name for name in columns if name not in text]
    return Encoder(
        tuple((name, _middle(_numbers(frame[name]))) for name in numeric),
        tuple((name, _frequent(frame[name])) for name in text),
    )


def _is_text(values: "pd.Series[Any]") -> bool:
    return not (
        pd.api.types.is_numeric_dtype(values)
        or pd.api.types.is_bool_dtype(values)
        or pd.api.types.is_datetime64_any_dtype(values)
    )


def _numbers(values: "pd.Series[Any]") -> "pd.Series[float]":
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_any_dtype(values):
        epoch = pd.Timestamp(0, tz=values.dt.tz)
        return (values - epoch) / pd.Timedelta(days=1)
    return values.astype(np.float64)


def _middle(values: "pd.Series[float]") -> float:
    return float(values.mean()) if values.notna().any() else 0.0


def _frequent(values: "pd.Series[Any]") -> tuple[str, ...]:
    """Return the categories that at least two rows have, the most frequent ones if there are too many; sorted."""
    counts = values.dropna().astype(str).value_counts()
    order = sorted((-count, str(name)) for name, count in counts.items() if count > 1)
    return tuple(sorted(name for _, name in order[:CATEGORIES]))
