import numpy as np
import pytest
from sklearn.impute import KNNImputer

from datatools.impute.knn import KnnFill
from tests.datatools.impute.tables import related


@pytest.mark.parametrize("gaps", [0.05, 0.4])
@pytest.mark.parametrize("neighbours", [1, 5, 300])
def test_uniform_neighbours_fill_as_scikit_learn_does(neighbours: int, gaps: float) -> None:
    X, _ = related(700, 6, gaps)  # more rows to fill than one block holds
    train, rows = X[:100], X[100:]
    method = KnnFill(neighbours=neighbours, weights="uniform")
    mean, scale = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
    theirs = KNNImputer(n_neighbors=neighbours).fit((train - mean) / scale).transform((rows - mean) / scale)
    ours = (method.fill(method.fit(train), rows) - mean) / scale
    some = ~np.isnan(rows).all(axis=1)
    assert ours[some] == pytest.approx(theirs[some], abs=1e-9)


def test_nearer_rows_count_more() -> None:
    train = np.array([[0.0, 0.0], [1.0, 10.0], [9.0, 20.0]])
    near, alike = KnnFill(neighbours=2), KnnFill(neighbours=2, weights="uniform")
    row = np.array([[0.1, np.nan]])
    assert near.fill(near.fit(train), row)[0, 1] < alike.fill(alike.fit(train), row)[0, 1] == pytest.approx(5)


def test_rows_that_are_equally_near_all_count_whatever_their_order() -> None:
    train = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 6.0], [5.0, 100.0]])
    method, row = KnnFill(neighbours=1), np.array([[0.0, np.nan]])
    assert method.fill(method.fit(train), row)[0, 1] == pytest.approx(3)
    assert method.fill(method.fit(train[::-1]), row)[0, 1] == pytest.approx(3)


def test_who_shares_no_column_with_train_gets_the_mean() -> None:
    train = np.array([[np.nan, 1.0], [np.nan, 3.0], [7.0, np.nan]])
    filled = KnnFill().fill(KnnFill().fit(train), np.array([[np.nan, np.nan], [7.0, np.nan]]))
    assert filled == pytest.approx(np.array([[7.0, 2.0], [7.0, 2.0]]))
