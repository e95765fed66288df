import numpy as np
import pytest

from datatools.impute.iterative import IterativeFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import Fitted, Matrix, NumericMethod
from datatools.impute.validation import masked_error, summary
from tests.datatools.impute.tables import related

METHODS: dict[str, NumericMethod] = {"iterative": IterativeFill(), "median": MedianFill()}


class Recording:
    """A method that keeps what it was given to learn from."""

    method = "recording"

    def __init__(self) -> None:
        self.seen: list[Matrix] = []

    def fit(self, X: Matrix) -> Fitted:
        self.seen.append(X)
        return {}

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        return np.where(np.isnan(X), 0.0, X)


def hidden(X: Matrix, names: list[str], seed: int) -> np.ndarray:
    spy = Recording()
    masked_error(X, names, {"spy": spy}, seed)
    return np.isnan(spy.seen[0]) & ~np.isnan(X)


def test_a_fifth_of_the_known_values_of_each_column_is_hidden() -> None:
    X, _ = related(100, 3, 0.3)
    assert hidden(X, ["x_a", "x_b", "x_c"], 0).sum(axis=0).tolist() == [
        int(0.2 * known) for known in (~np.isnan(X)).sum(axis=0)
    ]


def test_what_is_hidden_follows_from_seed_and_column() -> None:
    X, _ = related(100, 3, 0.3)
    both = hidden(X, ["x_a", "x_b", "x_c"], 0)
    assert np.array_equal(hidden(X[:, 1:], ["x_b", "x_c"], 0), both[:, 1:])
    assert not np.array_equal(hidden(X, ["x_a", "x_b", "x_c"], 1), both)


def test_the_error_is_that_of_the_hidden_cells_in_standard_deviations() -> None:
    X, _ = related(80, 2, 0.2)
    at = hidden(X, ["x_a", "x_b"], 0)
    found = masked_error(X, ["x_a", "x_b"], {"mean": MeanFill()}, 0)
    for place, name in enumerate(["x_a", "x_b"]):
        visible = X[~at[:, place], place]
        off = X[at[:, place], place] - np.nanmean(visible)
        assert found[name]["mean"] == pytest.approx(np.sqrt((off**2).mean()) / np.nanstd(X[:, place]))


def test_iterative_wins_where_columns_are_related_and_not_where_they_are_strangers() -> None:
    close = summary(masked_error(related(300, 6, 0.1)[0], list("abcdef"), METHODS, 0))
    assert close["best"] == "iterative"
    assert close["best_on"]["iterative"] == 6
    assert close["mean_error"]["iterative"] < 0.6 * close["mean_error"]["median"]
    strangers = np.random.default_rng(0).normal(size=(300, 4))
    assert summary(masked_error(strangers, list("abcd"), METHODS, 0))["mean_error"]["iterative"] == pytest.approx(
        1, abs=0.1
    )


def test_short_and_constant_columns_are_not_judged() -> None:
    X = np.column_stack([np.ones(50), np.arange(50.0), np.where(np.arange(50) < 9, np.arange(50.0), np.nan)])
    assert list(masked_error(X, ["x_same", "x_good", "x_short"], METHODS, 0)) == ["x_good"]
    assert summary(masked_error(X[:, :1], ["x_same"], METHODS, 0)) == {"mean_error": {}, "best_on": {}, "best": None}
