"""Rows of a table as plain values."""

from collections.abc import Iterable
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one dict per row."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def sizes(frame: pd.DataFrame, *columns: str) -> list[tuple[tuple[str, ...], int]]:
    """Return how often each combination of values occurs, the most frequent first, then by value; missing ones are left out."""
    table = frame[list(columns)].dropna().astype(str)
    counted = table.value_counts().items()
    found = [(tuple(str(part) for part in (key if isinstance(key, tuple) else (key,))), int(n)) for key, n in counted]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def paths(frame: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """Return the paths of some images by their image_id, without looking at the others one by one; unknown ones are left out."""
    wanted = frame.loc[frame["image_id"].isin(set(names)), ["image_id", "path"]]
    return dict(zip(wanted["image_id"].astype(str), wanted["path"].astype(str), strict=True))
