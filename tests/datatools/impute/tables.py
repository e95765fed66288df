"""Tables with gaps of every kind."""

import hashlib
import json

import hypothesis.strategies as st
import numpy as np
import pandas as pd
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from datatools.impute.table import State

TIMES = [None, *pd.date_range("2024-01-01", periods=5, freq="31h", tz="UTC")]


def image_ids(rows: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(rows)]


def table(**columns: list[object]) -> pd.DataFrame:
    """A table with ``image_id`` and the given ``x_*`` columns; times are parsed, text and booleans stay objects."""
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame({"image_id": image_ids(rows)})
    for name, values in columns.items():
        frame[name] = (
            pd.Series(values, dtype="object").infer_objects() if _plain(values) else pd.Series(values, dtype="object")
        )
    return frame


def _plain(values: list[object]) -> bool:
    return not any(isinstance(value, str | bool) for value in values)


@st.composite
def tables(draw: DrawFn, fewest: int = 1, most: int = 25) -> pd.DataFrame:
    """Columns of every kind, gaps anywhere, whole columns missing at times."""
    rows = draw(st.integers(fewest, most))

    def column(values: st.SearchStrategy[object]) -> list[object]:
        empty = draw(st.integers(0, 9)) == 0
        return [None] * rows if empty else draw(st.lists(values, min_size=rows, max_size=rows))

    number = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, float("inf"), float("nan")]))
    frame = pd.DataFrame({"image_id": image_ids(rows)})
    frame["x_a"] = pd.Series(column(number), dtype="float64")
    frame["x_b"] = pd.Series(column(number), dtype="float64")
    frame["x_c"] = pd.Series(column(st.integers(0, 3)), dtype="float64")
    frame["x_flag"] = pd.Series(column(st.sampled_from([None, True, False])), dtype="object")
    frame["x_kind"] = pd.Series(column(st.sampled_from([None, "u", "v", "w", "?", " na "])), dtype="object")
    frame["x_when"] = pd.Series(column(st.sampled_from(TIMES)), dtype="datetime64[us, UTC]")
    return frame


def related(rows: int, columns: int, gaps: float, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A matrix of few factors and some noise: with gaps, and whole."""
    rng = np.random.default_rng(seed)
    whole = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, columns)) + 0.3 * rng.normal(size=(rows, columns))
    whole = whole * 10.0 ** rng.integers(-3, 4, columns) + rng.normal(size=columns)
    return np.where(rng.random(whole.shape) < gaps, np.nan, whole), whole


def reloaded(state: State) -> State:
    loaded: State = json.loads(json.dumps(state, allow_nan=False))
    return loaded
