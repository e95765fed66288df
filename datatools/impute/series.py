"""Gaps in time series: columns that are measured again and again on the same group, filled from its own other moments."""

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


def fill(method: ForwardFill | Interpolation, values: "pd.Series[Any]", rows: pd.DataFrame) -> "pd.Series[Any]":
    """Return a column with the gaps filled that its own group explains; rows without a group or a time are left as they are.

    Args:
        values: the cells, null = missing, with the index of ``rows``.
        rows: ``image_id``, ``group_id`` and ``captured_at``; the result for a row depends on the other rows of its group, and on no others.
    """
    order = _order(rows)
    sorted_rows = rows.iloc[order]
    days = (sorted_rows["captured_at"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    moments = Moments.of(sorted_rows["group_id"].to_numpy(dtype=object), np.asarray(days, dtype=np.float64))
    found = values.to_numpy(copy=True)
    found[order] = method.fill(found[order], ~values.isna().to_numpy(dtype=bool)[order], moments)
    return pd.Series(found, index=values.index, name=values.name, dtype=values.dtype)


def refuse_text(method: ForwardFill | Interpolation, name: str, kind: str) -> None:
    """Raise DataError where a line is to be drawn between values that are no numbers."""
    if method.method == "interpolate" and kind not in ("numeric", "timestamp"):
        raise DataError(
            f"impute: series: column {name}: holds {kind} values, between which there is no line; use method forward"
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
            f"impute: series: interpolate looks ahead, and this split is temporal: {later[0]} begins after train ends; "
            "use method forward"
        )


def _order(rows: pd.DataFrame) -> NDArray[np.intp]:
    """Return the places of the rows that have a group and a time, by group, time and image_id."""
    names = ["group_id", "captured_at", "image_id"]
    keys = rows[names].reset_index(drop=True)
    return keys.dropna().sort_values(names).index.to_numpy(dtype=np.intp)
