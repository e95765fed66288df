"""A completed table as numbers: what each column becomes is learnt from the train rows and kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from datatools.errors import DataError
from datatools.manifest import feature_columns
from datatools.settings import Settings
from finetune.fusion import columns, moments
from finetune.fusion.columns import Category, Moment, Number

INDICATOR = "_missing"  # the end of its name
FARTHEST = 5.0  # deviations from the mean: a slip of the pen in one cell must not drown all other columns


@dataclass(frozen=True)
class Encoded:
    """n rows of a table.

    Attributes:
        numbers: float32, shape (n, width).
        levels: int64, shape (n, columns of text).
        present: which rows have any value at all: bool, shape (n,).
    """

    numbers: Tensor
    levels: Tensor
    present: Tensor

    def __getitem__(self, rows: Tensor) -> "Encoded":
        """Return some of the rows."""
        return Encoded(self.numbers[rows], self.levels[rows], self.present[rows])


class Encoder(Settings):
    """How columns become numbers. Each row is encoded by itself."""

    numbers: tuple[Number, ...]
    moments: tuple[Moment, ...]
    categories: tuple[Category, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns that are read."""
        described: tuple[Number | Moment | Category, ...] = (*self.numbers, *self.moments, *self.categories)
        return tuple(column.name for column in described)

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return len(self.numbers) + moments.PARTS * len(self.moments)

    def __call__(self, frame: pd.DataFrame) -> Encoded:
        """Return the rows.

        A missing number counts as the mean of train, and a missing category as the level ``missing`` where train has it. Indicators
        that the frame lacks are made from the gaps in the columns that they are about. A row without a single value is absent.

        Raises:
            DataError: a column is missing, or does not hold what it held in train.
        """
        cells = {name: self._cells(frame, name) for name in self.names}
        numeric: tuple[Number | Moment, ...] = (*self.numbers, *self.moments)
        numbers = [column.encode(cells[column.name]) for column in numeric]
        levels = [column.encode(cells[column.name]) for column in self.categories]
        known = [values.notna().to_numpy(dtype=bool) for name, values in cells.items() if not self._indicates(name)]
        flat = np.concatenate([np.empty((len(frame), 0)), *numbers], axis=1)
        return Encoded(
            torch.from_numpy(np.nan_to_num(np.clip(flat, -FARTHEST, FARTHEST)).astype(np.float32)),
            torch.from_numpy(np.stack([np.zeros(len(frame), np.int64), *levels], axis=1)[:, 1:].copy()),
            torch.from_numpy(np.any([np.zeros(len(frame), dtype=bool), *known], axis=0)),
        )

    def _indicates(self, name: str) -> bool:
        return name.endswith(INDICATOR) and name.removesuffix(INDICATOR) in self.names

    def _cells(self, frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
        if name in frame:
            return frame[name]
        about = name.removesuffix(INDICATOR)
        if self._indicates(name) and about in frame:
            return frame[about].isna().astype(np.float64)
        raise DataError(f"column {name}: is missing from the table; the model reads {', '.join(self.names)}")


def fit(train: pd.DataFrame, origins: Mapping[str, str | None] | None = None) -> Encoder:
    """Learn how to encode the ``x_*`` columns; the order of rows and columns changes nothing.

    Args:
        train: the completed table of the train rows.
        origins: of columns that hold days since a moment: that moment as ISO text, None for 1970.
    """
    times = dict(origins or {})
    names = sorted(feature_columns(train))
    kinds = {name: "moment" if name in times else _kind(train[name]) for name in names}
    return Encoder(
        numbers=tuple(columns.number(name, train[name]) for name in names if kinds[name] == "number"),
        moments=tuple(columns.moment(name, train[name], times.get(name)) for name in names if kinds[name] == "moment"),
        categories=tuple(columns.category(name, train[name]) for name in names if kinds[name] == "category"),
    )


def _kind(values: "pd.Series[Any]") -> str:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "moment"
    numeric = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    return "number" if numeric or values.isna().all() else "category"
