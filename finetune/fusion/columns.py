"""What the columns of a table become: each kind knows how it is learnt from train rows and how it is applied to any rows.

What is learnt does not depend on the order of the rows: values are sorted before they are added up.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.errors import DataError
from datatools.settings import Settings
from finetune.fusion import moments

Numbers = NDArray[np.float64]
Levels = NDArray[np.int64]

MISSING = "missing"  # the class that the stage impute makes of missing categories, if not told otherwise
WORDS = {**dict.fromkeys(("true", "yes", "t", "y"), 1.0), **dict.fromkeys(("false", "no", "f", "n"), 0.0)}
MOST = 1000  # levels of one column


class Number(Settings):
    """A column of numbers, or of true and false: (value - mean) * scale."""

    name: str
    mean: float
    scale: float = Field(description="0 where train has one value only, which tells nothing.")

    def encode(self, values: "pd.Series[Any]") -> Numbers:
        """Return the column standardised, shape (n, 1); NaN where it is missing.

        Raises:
            DataError: a value that is no number.
        """
        return ((numeric(self.name, values) - self.mean) * self.scale)[:, None]


class Moment(Settings):
    """A column of time: its parts, each standardised."""

    name: str
    origin: str | None = Field(description="Where the completed table counts its days from, as ISO text; null: 1970.")
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def encode(self, values: "pd.Series[Any]") -> Numbers:
        """Return the parts, shape (n, 7); NaN where the moment is missing.

        Raises:
            DataError: a value that is no time stamp.
        """
        found = moments.parts(_days(self.name, values, self.origin))
        return np.asarray((found - np.array(self.means)) * np.array(self.scales))


class Category(Settings):
    """A column of text: its levels are numbered from 1 on, and 0 stands for all others."""

    name: str
    levels: tuple[str, ...]
    shares: tuple[float, ...] = Field(description="Of the train rows: first of the others, then of each level.")

    def encode(self, values: "pd.Series[Any]") -> Levels:
        """Return the numbers of the levels, shape (n,)."""
        text = values.astype(object).where(values.notna(), MISSING).astype(str)
        return np.asarray(pd.Index(self.levels, dtype=object).get_indexer(pd.Index(text, dtype=object)) + 1, np.int64)


def number(name: str, values: "pd.Series[Any]") -> Number:
    """Learn a column of numbers."""
    mean, scale = _standard(numeric(name, values))
    return Number(name=name, mean=mean, scale=scale)


def moment(name: str, values: "pd.Series[Any]", origin: str | None) -> Moment:
    """Learn a column of time."""
    found = [_standard(part) for part in moments.parts(_days(name, values, origin)).T]
    means, scales = zip(*found, strict=True)
    return Moment(name=name, origin=origin, means=means, scales=scales)


def category(name: str, values: "pd.Series[Any]") -> Category:
    """Learn a column of text; what only one row has can teach nothing about other rows, and counts among the others."""
    counts = values.dropna().astype(str).value_counts()
    often = sorted((-int(count), str(level)) for level, count in counts.items() if count > 1)[:MOST]
    levels = sorted((level, -count) for count, level in often)
    total = max(1, len(values))
    known = [count / total for _, count in levels]
    others = (len(values) - sum(count for _, count in levels)) / total
    return Category(name=name, levels=tuple(level for level, _ in levels), shares=(others, *known))


def numeric(name: str, values: "pd.Series[Any]") -> Numbers:
    """Return a column as float64, NaN where it is missing.

    Raises:
        DataError: a value that is no number, nor true or false.
    """
    plain = values
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        words = values.astype(object).map(lambda value: WORDS.get(str(value).lower(), value), na_action="ignore")
        plain = pd.to_numeric(words, errors="coerce")
    found = plain.to_numpy(dtype=np.float64, na_value=np.nan)
    strange = np.isnan(found) & values.notna().to_numpy(dtype=bool)
    if strange.any():
        raise DataError(f"column {name}: {values[strange].iloc[0]!r} is no number, which this column held in train")
    return np.where(np.isfinite(found), found, np.nan)


def _days(name: str, values: "pd.Series[Any]", origin: str | None) -> Numbers:
    try:
        return moments.days(values, origin)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name}: held time stamps in train ({error})") from None


def _standard(values: Numbers) -> tuple[float, float]:
    """Return the mean, and one over the deviation; 0 and 0 where no value is known, and a scale of 0 where all are one."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return 0.0, 0.0
    mean, deviation = float(known.mean()), float(known.std())
    return mean, 1 / deviation if deviation > 1e-9 * max(1.0, abs(mean)) else 0.0
