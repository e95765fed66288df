"""The figures from which the page draws: which cells are missing together, and how fills change a distribution."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.impute.columns import Column

MOST_PATTERNS = 40
BINS = 20
MOST_CATEGORIES = 12


def patterns(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    """Return which columns are missing together, as ``missing`` (names, in table order) and ``rows``, the most frequent first."""
    if not gaps.shape[1] or not len(gaps):
        return []
    found, counts = np.unique(gaps.to_numpy(dtype=bool), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_PATTERNS]
    names = gaps.columns.to_numpy(dtype=object)
    return [{"missing": [str(name) for name in names[found[place]]], "rows": int(counts[place])} for place in order]


def before_and_after(column: Column, gaps: "pd.Series[bool]", completed: "pd.Series[Any]") -> dict[str, Any] | None:
    """Return how many known and how many filled cells have which value; None where nothing was filled, or all.

    Returns:
        ``known`` and ``filled``, counts; and ``edges`` of the bins, one more than counts, or ``values``, the most frequent categories. Of
        numbers also ``at_ends``: the share of the fills that are the smallest or largest known value, beyond which no fill goes.
    """
    filled = gaps.to_numpy(dtype=bool)
    if column["empty"] or not filled.any() or filled.all():
        return None
    if column["kind"] in ("categorical", "boolean"):
        return _categories(completed.astype(str), filled)
    values = completed.to_numpy(dtype=np.float64)
    edges = np.histogram_bin_edges(values, bins=BINS)
    ends = values[~filled].min(), values[~filled].max()
    return {
        "at_ends": float(np.isin(values[filled], ends).mean()) if ends[0] < ends[1] else 0.0,
        "edges": edges.tolist(),
        "known": np.histogram(values[~filled], edges)[0].tolist(),
        "filled": np.histogram(values[filled], edges)[0].tolist(),
    }


def _categories(values: "pd.Series[Any]", filled: NDArray[np.bool_]) -> dict[str, Any]:
    counts = values.value_counts()
    shown = sorted(counts.index, key=lambda name: (-int(counts[name]), name))[:MOST_CATEGORIES]
    return {
        "values": shown,
        "known": [int((values[~filled] == name).sum()) for name in shown],
        "filled": [int((values[filled] == name).sum()) for name in shown],
    }
