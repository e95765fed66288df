"""Gaps in time series: columns that are measured again and again on the same group, filled from its own other moments."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.errors import DataError
from datatools.impute.forward import ForwardFill
from datatools.impute.interpolate import Interpolation
from datatools.impute.moments import Moments

Series = Annotated[ForwardFill | Interpolation, Field(discriminator="method")]
Booleans = NDArray[np.bool_]
KEYS = ["group_id", "captured_at", "image_id"]


def fill(
    method: ForwardFill | Interpolation, values: "pd.Series[Any]", rows: pd.DataFrame, held: Booleans | None = None
) -> "pd.Series[Any]":
    """Return a column with the gaps filled that its own group explains; rows without a group or a time are left as they are.

    Args:
        values: the cells, null = missing, with the index of ``rows``.
        rows: ``image_id``, ``group_id`` and ``captured_at``; the result for a row depends on the other rows of its group, and on no others.
            With ``split``, a row sees rows of its own split only, and with forward fill those of train too: train never sees another.
        held: cells (N) that are no gaps although they are null, such as a category that train did not have: never filled, never carried
            past.

    Raises:
        DataError: there are no groups or no times.
    """
    _refuse_without_time(rows)
    known = values.notna().to_numpy(dtype=bool) | (False if held is None else held)
    before, found = values.to_numpy(copy=True), values.to_numpy(copy=True)
    for own, seen in _views(method, rows):
        order = _order(rows, seen)
        moments = _moments(rows.iloc[order])
        mine = own[order]
        found[order[mine]] = method.fill(before[order], known[order], moments)[mine]
    return pd.Series(found, index=values.index, name=values.name, dtype=values.dtype)


def refuse_text(method: ForwardFill | Interpolation, name: str, kind: str) -> None:
    """Raise DataError where a line is to be drawn between values that are no numbers."""
    if method.method == "interpolate" and kind not in ("numeric", "timestamp"):
        raise DataError(
            f"series: column {name}: holds {kind} values, between which there is no line; use method forward"
        )


def refuse_future(methods: tuple[ForwardFill | Interpolation, ...], rows: pd.DataFrame) -> None:
    """Refuse what looks ahead where the split is temporal.

    A split is temporal, whatever made it, where all dated rows of val, or all of test, come after the last one of train.

    Raises:
        DataError: naming the method.
    """
    ahead = [method for method in methods if method.method == "interpolate"]
    dated = rows.dropna(subset=["captured_at", "split"])
    first = dated.groupby("split")["captured_at"].min()
    last = dated.loc[dated["split"] == "train", "captured_at"].max()
    later = [name for name in ("val", "test") if name in first and last < first[name]]
    if ahead and later:
        raise DataError(
            f"series: interpolate looks ahead, and this split is temporal: {later[0]} begins after train ends; "
            "use method forward"
        )


def _views(method: ForwardFill | Interpolation, rows: pd.DataFrame) -> Iterator[tuple[Booleans, Booleans]]:
    """Yield which rows are filled and which rows they see, for each split; rows without a split are one of their own."""
    if "split" not in rows:
        whole = np.ones(len(rows), dtype=bool)
        yield whole, whole
        return
    splits = rows["split"].astype(object).where(rows["split"].notna(), "").to_numpy()
    for split in sorted(set(splits)):
        own = splits == split
        yield own, own | (splits == "train") if method.method == "forward" else own


def _order(rows: pd.DataFrame, seen: Booleans) -> NDArray[np.intp]:
    """Return the places of the seen rows that have a group and a time, by group, time and image_id."""
    keys = rows[KEYS].reset_index(drop=True)[seen]
    return keys.dropna().sort_values(KEYS).index.to_numpy(dtype=np.intp)


def _moments(rows: pd.DataFrame) -> Moments:
    at = (rows["captured_at"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(microseconds=1)
    return Moments.of(rows["group_id"].to_numpy(dtype=object), np.asarray(at, dtype=np.int64))


def _refuse_without_time(rows: pd.DataFrame) -> None:
    absent = [name for name in KEYS if name not in rows]
    if absent:
        raise DataError(f"series: column {absent[0]}: is missing from the table; a series needs {', '.join(KEYS)}")
