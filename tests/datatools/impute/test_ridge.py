import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.linear_model import BayesianRidge

from datatools.impute import ridge


@given(st.integers(0, 10**6), st.integers(3, 60), st.integers(1, 6), st.sampled_from([0.0, 0.1, 1.0, 10.0]))
def test_weights_are_those_of_scikit_learn(seed: int, rows: int, columns: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns)) + rng.normal(size=columns)
    y = X @ rng.normal(size=columns) + noise * rng.normal(size=rows) + 3
    ours, theirs = ridge.fit(X, y), BayesianRidge().fit(X, y)
    assert ours.coefficients == pytest.approx(theirs.coef_, abs=1e-4)
    assert ours.intercept == pytest.approx(theirs.intercept_, abs=1e-3)


def test_more_columns_than_rows_and_equal_columns_are_no_trouble() -> None:
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(8, 6)), 3, axis=1)
    y = X[:, 0] * 2
    line = ridge.fit(X, y)
    assert X @ line.coefficients + line.intercept == pytest.approx(y, abs=0.05)
    assert line.coefficients[0] == pytest.approx(line.coefficients[2])


@pytest.mark.parametrize("X", [np.empty((4, 0)), np.zeros((4, 2)), np.ones((4, 1))])
def test_without_information_the_mean_is_predicted(X: np.ndarray) -> None:
    line = ridge.fit(X, np.array([1.0, 2.0, 3.0, 6.0]))
    assert X @ line.coefficients + line.intercept == pytest.approx(3)


def test_a_constant_target_has_no_slope() -> None:
    line = ridge.fit(np.arange(5.0)[:, None], np.full(5, 7.0))
    assert (line.coefficients[0], line.intercept) == (pytest.approx(0, abs=1e-9), pytest.approx(7))
