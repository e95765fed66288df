import numpy as np
import pandas as pd
import pytest

from datatools.impute.median import MedianFill
from datatools.impute.methods import Fitted
from datatools.impute.model import ModelFill
from datatools.impute.table import Methods, fit, transform
from tests.datatools.impute.tables import reloaded, table


def example(rows: int = 240) -> tuple["pd.Series[object]", np.ndarray]:
    X = np.random.default_rng(3).normal(size=(rows, 3))
    names = np.array(["high", "low", "mid"])[np.argmax(X @ np.array([[2, -2, 0], [0, 0, 3], [0, 0, 0.0]]), axis=1)]
    return pd.Series(names, dtype="object"), X


def fitted(values: "pd.Series[object]", X: np.ndarray) -> Fitted:
    return ModelFill().fit(values, X)


def test_related_categories_are_predicted_far_better_than_by_the_most_frequent() -> None:
    truth, X = example()
    values = truth.where(np.arange(len(truth)) % 3 > 0, np.nan)
    state = fitted(values, X)
    filled = ModelFill().fill(state, values, X)
    right = (filled == truth)[values.isna()].mean()
    assert right > 0.8 > 0.55 > (truth == state["fill"])[values.isna()].mean()
    assert state["accuracy"]["model"] == pytest.approx(right, abs=0.1)
    assert filled[values.notna()].tolist() == truth[values.notna()].tolist()


def test_where_the_others_say_nothing_the_most_frequent_is_taken() -> None:
    rng = np.random.default_rng(0)
    values = pd.Series(rng.choice(["a", "b"], 200, p=[0.3, 0.7]), dtype="object")
    state = fitted(values, rng.normal(size=(200, 2)))
    assert state["lines"] is None
    assert ModelFill().fill(state, pd.Series([np.nan], dtype="object"), np.ones((1, 2))).tolist() == ["b"]


@pytest.mark.parametrize("known", [["a"], ["a", "a"], ["a", "b"], [f"name {n}" for n in range(60)]])
def test_too_little_or_too_much_to_learn_from(known: list[str]) -> None:
    values = pd.Series([*known, np.nan], dtype="object")
    X = np.arange(len(values), dtype=np.float64)[:, None]
    assert ModelFill().fill(fitted(values, X), values, X).notna().all()


def mixed() -> pd.DataFrame:
    names, X = example()
    gaps = np.arange(len(names)) % 4 == 0
    frame = table(x_n=list(X[:, 0]), x_m=list(X[:, 1]))
    frame["x_kind"] = names.where(~gaps, None)
    frame["x_flag"] = pd.Series(np.where(np.roll(gaps, 1), None, names == "mid"), dtype="object")
    return frame


def test_in_a_table_text_and_booleans_help_each_other() -> None:
    frame, methods = mixed(), Methods(MedianFill(), ModelFill(), ModelFill())
    state = reloaded(fit(frame, methods))
    filled = transform(state, frame)
    truth = example()[0]
    assert (filled["x_kind"] == truth)[frame["x_kind"].isna()].mean() > 0.8
    assert (filled["x_flag"] == (truth == "mid"))[frame["x_flag"].isna()].mean() > 0.95
    assert filled["x_flag"].dtype == np.dtype(bool)
    one_by_one = pd.concat([transform(state, frame.iloc[[row]]) for row in range(30)])
    assert one_by_one.equals(filled.iloc[:30])
