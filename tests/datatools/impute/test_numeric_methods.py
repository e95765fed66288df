"""What every numeric method promises, and what each one fills with."""

import json
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - importing it is what makes the class importable
from sklearn.impute import IterativeImputer, SimpleImputer

from datatools.impute.auto import AutoFill
from datatools.impute.constant import ConstantFill
from datatools.impute.iterative import IterativeFill
from datatools.impute.knn import KnnFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import NumericMethod
from datatools.impute.trees import TreesFill
from tests.datatools.impute.tables import related

METHODS: list[NumericMethod] = [
    IterativeFill(),
    IterativeFill(rounds=1),
    MedianFill(),
    MeanFill(),
    ConstantFill(value=-1.0),
    KnnFill(neighbours=3),
    KnnFill(weights="uniform"),
    TreesFill(trees=3),
    TreesFill(trees=2, leaf=2, rows=10, rounds=1),
    AutoFill(budget=200),
]
NAMES = ["iterative", "one round", "median", "mean", "constant", "knn", "knn, uniform", "trees", "few rows", "auto"]
every = pytest.mark.parametrize("method", METHODS, ids=NAMES)
CELL = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0]))


@st.composite
def matrices(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A matrix to learn from, with a number in each column, and one to fill."""
    columns = draw(st.integers(1, 4))
    row = st.lists(CELL, min_size=columns, max_size=columns)
    train = np.array([*draw(st.lists(row, max_size=12)), [draw(st.floats(-9, 9)) for _ in range(columns)]])
    return train, np.array(draw(st.lists(row, min_size=1, max_size=12)))


@every
@settings(max_examples=25)  # of each of ten methods
@given(pair=matrices())
def test_no_gap_is_left_and_what_is_known_stays(
    method: NumericMethod, pair: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    train, rows = pair
    filled = method.fill(method.fit(train), rows)
    known = ~np.isnan(rows)
    assert np.isfinite(filled).all()
    assert np.array_equal(filled[known], rows[known])


@every
@settings(max_examples=25)  # of each of ten methods
@given(pair=matrices())
def test_json_keeps_the_fit_to_the_bit(
    method: NumericMethod, pair: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    fitted = method.fit(pair[0])
    again = json.loads(json.dumps(fitted, allow_nan=False))
    assert np.array_equal(method.fill(fitted, pair[1]), method.fill(again, pair[1]))


@every
@pytest.mark.parametrize("columns", [1, 2, 9])
def test_a_row_is_filled_by_itself_to_the_bit(method: NumericMethod, columns: int) -> None:
    X, _ = related(120, columns, 0.3)
    fitted = method.fit(X)
    together = method.fill(fitted, X)
    assert np.array_equal(np.vstack([method.fill(fitted, row[None]) for row in X[:20]]), together[:20])
    assert np.array_equal(method.fill(fitted, X[50:90]), together[50:90])
    assert np.array_equal(method.fill(fitted, np.asfortranarray(X)), together)


@every
def test_the_data_are_not_changed(method: NumericMethod) -> None:
    X, _ = related(30, 4, 0.3)
    before = X.copy()
    method.fill(method.fit(X), X)
    assert np.array_equal(X, before, equal_nan=True)


@pytest.mark.parametrize(("method", "strategy"), [(MedianFill(), "median"), (MeanFill(), "mean")])
def test_one_value_per_column_is_scikit_learns(method: NumericMethod, strategy: str) -> None:
    X, _ = related(70, 5, 0.3)
    train, rows = X[:50], X[50:]
    theirs = SimpleImputer(strategy=strategy).fit(train).transform(rows)
    assert method.fill(method.fit(train), rows) == pytest.approx(theirs)


def test_the_constant_is_filled_in() -> None:
    method = ConstantFill(value=-1.0)
    assert method.fill(method.fit(np.array([[5.0]])), np.array([[np.nan], [2.0]])).tolist() == [[-1.0], [2.0]]


def scikit_learn(train: NDArray[np.float64], rows: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """The same rounds by scikit-learn, on the same scale and with the same bounds."""
    mean, scale = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
    Z = (train - mean) / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns when the rounds were not enough, which is not the question here
        bounds = {"min_value": np.nanmin(Z, axis=0), "max_value": np.nanmax(Z, axis=0)}
        peer = IterativeImputer(max_iter=rounds, tol=1e-14, **bounds).fit(Z)
    return peer.transform((rows - mean) / scale) * scale + mean


@pytest.mark.parametrize("gaps", [0.05, 0.3])
@pytest.mark.parametrize("columns", [2, 6, 12])
@pytest.mark.parametrize("rounds", [1, 5])
def test_iterative_fills_as_scikit_learn_does(rounds: int, columns: int, gaps: float) -> None:
    X, whole = related(260, columns, gaps)
    train, rows = X[:200], X[200:]
    method = IterativeFill(rounds=rounds, tolerance=1e-14)
    filled = method.fill(method.fit(train), rows)
    theirs = scikit_learn(train, rows, rounds)
    assert (filled - theirs) / whole.std(axis=0) == pytest.approx(0, abs=1e-6)


def test_iterative_stops_when_the_fills_stand_still() -> None:
    X, _ = related(200, 6, 0.1)
    passes = [len(IterativeFill(rounds=50, tolerance=tolerance).fit(X)["passes"]) for tolerance in (10.0, 1e-3, 1e-6)]
    assert passes[0] == 1 < passes[1] < passes[2] < 50


def test_related_columns_are_filled_far_better_than_by_their_medians() -> None:
    X, whole = related(300, 8, 0.2)

    def error(method: NumericMethod) -> float:
        off = (method.fill(method.fit(X), X) - whole) / whole.std(axis=0)
        return float(np.sqrt((off[np.isnan(X)] ** 2).mean()))

    assert error(IterativeFill()) < 0.5 * error(MedianFill())


@pytest.mark.parametrize(
    "method", [IterativeFill(), TreesFill(trees=2), MeanFill()], ids=["iterative", "trees", "mean"]
)
@settings(max_examples=25)
@given(pair=matrices())
def test_a_fill_never_leaves_the_range_of_train(
    method: NumericMethod, pair: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    train, rows = pair
    filled = method.fill(method.fit(train), rows)
    gaps = np.isnan(rows)
    assert (filled >= np.nanmin(train, axis=0))[gaps].all()
    assert (filled <= np.nanmax(train, axis=0))[gaps].all()


def test_a_column_that_is_full_in_train_is_filled_from_the_others_too() -> None:
    X = np.repeat(np.arange(50.0)[:, None], 2, axis=1)
    method = IterativeFill()
    assert method.fill(method.fit(X), np.array([[np.nan, 40.0]]))[0, 0] == pytest.approx(40, abs=0.1)
