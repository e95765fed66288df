"""What type a column of a user's table has: float, bool, timestamp or string, inferred from its text and said aloud."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from datatools.errors import DataError
from datatools.ingest import dates

Kind = Literal["float", "bool", "timestamp", "string"]
TRUE, FALSE = frozenset({"true", "yes", "t", "y"}), frozenset({"false", "no", "f", "n"})


@dataclass(frozen=True)
class Inferred:
    """A column after parsing.

    Attributes:
        kind: its type.
        known: cells with a value.
        missing: cells without one.
        unparsed: cells that hold text which is no value of this type; they count as missing.
        example: one of those, or one value.
        precision: for timestamps, how many were written to the year, month, day, minute or second.
    """

    name: str
    kind: Kind
    known: int
    missing: int
    unparsed: int
    example: str
    precision: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {**asdict(self), "precision": dict(self.precision)}


def blank(texts: "pd.Series[Any]", markers: Sequence[str]) -> "pd.Series[Any]":
    """Return the column with missing markers replaced by null and white space at the ends removed."""
    stripped = texts.astype("string").str.strip()
    return stripped.mask(stripped.isin(list(markers)))


def convert(
    texts: "pd.Series[Any]", kind: Kind | None = None, day_first: bool | None = None
) -> tuple["pd.Series[Any]", Inferred]:
    """Parse a column of text.

    Args:
        texts: strings; null where missing (see :func:`blank`).
        kind: the type to use; None infers the first of bool, float, timestamp that fits every value, else string.
        day_first: how to read 03/04/2020; None decides from the column.

    Raises:
        DataError: dates that can be read in two ways, where a timestamp is asked for.
    """
    known = texts.dropna()
    kind = kind or infer(known, day_first)
    if kind == "timestamp":
        return _timestamps(texts, day_first)
    parsed = {"float": _floats, "bool": _booleans, "string": _strings}[kind](texts)
    failed = texts[texts.notna() & parsed.isna()]
    example = str(failed.iloc[0] if len(failed) else known.iloc[0] if len(known) else "")
    return parsed, _inferred(parsed, texts, kind, example, {})


def infer(known: "pd.Series[Any]", day_first: bool | None = None) -> Kind:
    """Return the type that fits every known value. A bare year or number is a float, never a date."""
    distinct = known.drop_duplicates()
    if distinct.empty or _floats(distinct).notna().all():
        return "float"
    if set(distinct.str.lower()) <= TRUE | FALSE:
        return "bool"
    return "timestamp" if _all_dates(distinct, day_first) else "string"


def _all_dates(distinct: "pd.Series[Any]", day_first: bool | None) -> bool:
    if dates.parse(str(distinct.iloc[0]), day_first=True) is None:
        return False
    try:
        order = day_first if day_first is not None else dates.day_first(distinct, str(distinct.name))
    except DataError:
        return False
    return all(dates.parse(text, order) is not None for text in distinct)


def _floats(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(texts.astype(object).where(texts.notna(), None), errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _booleans(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    lower = texts.str.lower()
    return lower.map(lambda text: text in TRUE if text in TRUE | FALSE else pd.NA, na_action="ignore").astype("boolean")


def _strings(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    return texts


def _timestamps(texts: "pd.Series[Any]", day_first: bool | None) -> tuple["pd.Series[Any]", Inferred]:
    distinct = texts.dropna().drop_duplicates()
    order = day_first if day_first is not None else dates.day_first(distinct, str(texts.name))
    moments = {text: dates.parse(text, order) for text in distinct}
    times = {text: moment.at for text, moment in moments.items() if moment}
    parsed = pd.Series([times.get(text) for text in texts], index=texts.index, name=texts.name)
    parsed = pd.to_datetime(parsed, utc=True).dt.as_unit("us")
    found = [moments[text] for text in texts.dropna()]
    precision = Counter(moment.precision for moment in found if moment)
    wrong = next((text for text, moment in moments.items() if moment is None), None)
    example = str(wrong if wrong is not None else distinct.iloc[0] if len(distinct) else "")
    return parsed, _inferred(parsed, texts, "timestamp", example, dict(sorted(precision.items())))


def _inferred(
    parsed: "pd.Series[Any]", texts: "pd.Series[Any]", kind: Kind, example: str, precision: dict[str, int]
) -> Inferred:
    known = int(parsed.notna().sum())
    unparsed = int(texts.notna().sum()) - known
    return Inferred(str(texts.name), kind, known, len(texts) - known, unparsed, example, precision)
