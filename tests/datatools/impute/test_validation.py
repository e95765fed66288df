import numpy as np
import pytest

from datatools.impute.iterative import IterativeFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import Matrix, NumericMethod
from datatools.impute.validation import CELLS, MOST, PER_ROW, ROWS, Errors, excess, hide, mask, repeats, sample, summary
from tests.datatools.impute.tables import related

METHODS: dict[str, NumericMethod] = {"iterative": IterativeFill(), "median": MedianFill()}


def errors(X: Matrix, names: str, methods: dict[str, NumericMethod] = METHODS) -> Errors:
    return hide(X, methods, 0, 3).errors(list(names))


def hidden(X: Matrix, seed: int = 0, repeat: int = 0) -> np.ndarray:
    return mask(X, np.ones(X.shape[1], dtype=bool), seed, repeat)


@pytest.mark.parametrize("columns", [1, 2, 6, 40])
@pytest.mark.parametrize("gaps", [0.0, 0.3, 0.8])
def test_few_known_cells_of_a_row_and_of_a_column_are_hidden(gaps: float, columns: int) -> None:
    X, _ = related(200, columns, gaps)
    found, known = hidden(X), ~np.isnan(X)
    assert not (found & ~known).any()
    assert found.any(axis=0).all()
    assert (found.sum(axis=0) <= MOST * known.sum(axis=0)).all()
    assert found.sum(axis=1).max() <= np.ceil(columns / PER_ROW)  # gaps are independent here: nothing goes along


def test_what_is_missing_together_is_hidden_together() -> None:
    X = np.random.default_rng(0).normal(size=(2000, 8))
    X[:600, :2] = np.nan  # two columns of one device, which 600 rows lack
    found = hidden(X)
    assert found[:, 0].sum() > 100
    assert (found[:, 0] & found[:, 1]).sum() > 0.9 * min(found[:, 0].sum(), found[:, 1].sum())
    assert not (found[:, 0] & found[:, 2]).any()


def test_rows_with_a_hidden_cell_look_as_rows_with_a_gap_there() -> None:
    rng = np.random.default_rng(1)
    X, gap = rng.normal(size=(6000, 8)), rng.random((6000, 8)) < 0.1
    gap[:, 1] |= gap[:, 0] & (rng.random(6000) < 0.6)  # the second goes with the first in two cases of three
    X[gap] = np.nan
    found = [hidden(X, 0, repeat) for repeat in range(3)]
    taken = np.concatenate(found)
    missing = np.concatenate([gap] * 3) | taken
    rates = missing[taken[:, 0]].mean(axis=0)
    assert rates[1:] == pytest.approx(gap[gap[:, 0]].mean(axis=0)[1:], abs=0.06)


def test_independent_gaps_raise_no_other_and_devices_do() -> None:
    rng = np.random.default_rng(2)
    known = rng.random((500, 12)) > 0.2
    assert np.count_nonzero(excess(known)) <= 2
    known[:, 3] = known[:, 4]
    assert excess(known)[3, 4] > 0.9
    assert not excess(np.ones((9, 2), dtype=bool)).any()


def test_each_repeat_and_seed_hides_others() -> None:
    X, _ = related(60, 2, 0.2)
    masks = [hidden(X, 0, 0), hidden(X, 0, 1), hidden(X, 1, 0)]
    assert np.array_equal(masks[0], hidden(X, 0, 0))
    assert not np.array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0], masks[2])


def test_the_error_is_that_of_the_hidden_cells_in_standard_deviations() -> None:
    X, _ = related(80, 2, 0.2)
    found = hide(X, {"mean": MeanFill()}, 0, 1)
    at = hidden(X)
    for place, name in enumerate("ab"):
        visible = X[~at[:, place], place]
        off = X[at[:, place], place] - np.nanmean(visible)
        expected = np.sqrt((off**2).mean()) / np.nanstd(X[:, place])
        assert found.errors(["a", "b"])[name]["mean"] == pytest.approx(expected)


def test_iterative_wins_where_columns_are_related_and_not_where_they_are_strangers() -> None:
    close = summary(errors(related(300, 6, 0.1)[0], "abcdef"))
    assert close["best"] == "iterative"
    assert close["best_on"]["iterative"] == 6
    assert close["mean_error"]["iterative"] < 0.6 * close["mean_error"]["median"]
    strangers = np.random.default_rng(0).normal(size=(300, 4))
    assert summary(errors(strangers, "abcd"))["mean_error"]["iterative"] == pytest.approx(1, abs=0.1)


def test_short_and_constant_columns_are_not_judged() -> None:
    X = np.column_stack([np.ones(50), np.arange(50.0), np.where(np.arange(50) < 9, np.arange(50.0), np.nan)])
    assert list(errors(X, "abc")) == ["b"]
    assert summary(errors(X[:, :1], "a")) == {"mean_error": {}, "best_on": {}, "best": None}


def test_of_many_rows_a_fixed_number_is_looked_at() -> None:
    X = np.arange(3.0 * ROWS)[:, None]
    assert len(sample(X, 0)) == ROWS == len(np.unique(sample(X, 0)))
    assert np.array_equal(sample(X[:ROWS], 0), X[:ROWS])
    assert not np.array_equal(sample(X, 0), sample(X, 1))


def test_the_fewer_rows_the_more_often_they_are_hidden() -> None:
    assert [repeats(rows) for rows in (0, 1, CELLS // 5, ROWS)] == [10, 10, 5, 3]
