import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from datatools import seeds
from datatools.impute.forest import Forest, Growth, flattened, grow
from datatools.impute.packed import pack, unpack


def data(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    X = seeds.generator(0, "forest", rows, columns).normal(size=(rows, columns))
    return X, np.sin(3 * X[:, 0]) + X[:, -1] ** 2


@pytest.mark.parametrize("leaf", [1, 3])
@pytest.mark.parametrize("columns", [1, 5, 300])
def test_predictions_are_scikit_learns_to_the_bit_after_json(columns: int, leaf: int) -> None:
    X, y = data(150, columns)
    model = ExtraTreesRegressor(7, min_samples_leaf=leaf, random_state=3).fit(X.astype(np.float32), y)
    forest = Forest.load(flattened([estimator.tree_ for estimator in model.estimators_]).plain())
    rows = np.vstack([X, data(80, columns)[0], np.full((1, columns), 1e9)])
    assert np.array_equal(forest.predict(rows), model.predict(rows.astype(np.float32)))


def test_growing_is_the_same_again_and_different_for_another_seed() -> None:
    X, y = data(60, 3)
    growth = Growth(trees=4, leaf=1, rows=1000)
    first = grow(X, y, growth, 1).predict(X + 0.1)
    assert np.array_equal(first, grow(X, y, growth, 1).predict(X + 0.1))
    assert not np.array_equal(first, grow(X, y, growth, 2).predict(X + 0.1))


def test_trees_of_many_rows_see_no_more_than_they_may() -> None:
    X, y = data(500, 3)
    forest = grow(X, y, Growth(trees=4, leaf=1, rows=50), 0)
    assert len(forest.number) <= 4 * 2 * 50


@pytest.mark.parametrize("y", [np.array([2.0]), np.full(9, 2.0)])
def test_one_row_or_one_value_is_predicted_everywhere(y: np.ndarray) -> None:
    forest = grow(np.zeros((len(y), 2)), y, Growth(trees=2, leaf=1, rows=1000), 0)
    assert forest.predict(np.array([[5.0, -5.0]])).tolist() == [2.0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "bool"])
def test_arrays_come_back_to_the_bit(dtype: str) -> None:
    array = np.array([[0.1, -0.0, 1e300], [1, 2, 3]]).clip(-9, 9).astype(dtype)
    again = unpack(pack(array.T))
    assert (again.dtype, again.shape) == (array.dtype, (3, 2))
    assert again.tobytes() == np.ascontiguousarray(array.T).tobytes()
    assert np.isnan(unpack(pack(np.array([np.nan, np.inf])))).tolist() == [True, False]
