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
    """Return which columns are missing together, as ``missing`` (names, in table order) and ``rows``, the most frequent first.

    Of more than 40 patterns the rest is the last entry: ``others``, how many they are, and their ``rows``; so rows always sum to the table.
    """
    if not gaps.shape[1] or not len(gaps):
        return []
    found, counts = np.unique(gaps.to_numpy(dtype=bool), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shown, others = order[:MOST_PATTERNS], order[MOST_PATTERNS:]
    names = gaps.columns.to_numpy(dtype=object)
    rest = [{"missing": [], "others": len(others), "rows": int(counts[others].sum())}] if len(others) else []
    return [
        *({"missing": [str(name) for name in names[found[place]]], "rows": int(counts[place])} for place in shown),
        *rest,
    ]


def before_and_after(column: Column, gaps: "pd.Series[bool]", completed: "pd.Series[Any]") -> dict[str, Any] | None:
    """Return how many known and how many filled cells have which value; None where nothing was filled, or all.

    Returns:
        ``known`` and ``filled``, counts; and ``edges`` of the bins, one more than counts, or ``values``, the most frequent categories. Of
        numbers also ``at_ends`` and ``known_at_ends``: the share of the fills, and of the known, that are the smallest or largest known
        value, beyond which no fill goes.
    """
    filled = gaps.to_numpy(dtype=bool)
    if column["empty"] or not filled.any() or filled.all():
        return None
    if column["kind"] in ("categorical", "boolean"):
        return _categories(completed.astype(str), filled)
    values = completed.to_numpy(dtype=np.float64)
    edges = _edges(float(values.min()), float(values.max()))
    ends = values[~filled].min(), values[~filled].max()
    at_ends = np.isin(values, ends) & (ends[0] < ends[1])
    return {
        "at_ends": float(at_ends[filled].mean()),
        "known_at_ends": float(at_ends[~filled].mean()),
        "edges": edges.tolist(),
        "known": np.histogram(values[~filled], edges)[0].tolist(),
        "filled": np.histogram(values[filled], edges)[0].tolist(),
    }


def _edges(low: float, high: float) -> NDArray[np.float64]:
    """Return the edges of equal bins, which are wider than the values lie apart where numbers of that size have no room for them."""
    edges = np.linspace(low, high, BINS + 1)
    if (np.diff(edges) > 0).all():
        return edges
    half = max(0.5 if low == high else 0.0, BINS * np.spacing(max(abs(low), abs(high))))
    return np.linspace(low - half, high + half, BINS + 1)


def _categories(values: "pd.Series[Any]", filled: NDArray[np.bool_]) -> dict[str, Any]:
    counts = values.value_counts()
    shown = sorted(counts.index, key=lambda name: (-int(counts[name]), name))[:MOST_CATEGORIES]
    return {
        "values": shown,
        "known": [int((values[~filled] == name).sum()) for name in shown],
        "filled": [int((values[filled] == name).sum()) for name in shown],
    }
