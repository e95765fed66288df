import numpy as np
import pytest

from datatools.impute.auto import CANDIDATES, AutoFill, choose, honest
from datatools.impute.methods import Matrix
from datatools.impute.trees import TreesFill
from datatools.impute.validation import Hidden
from tests.datatools.impute.tables import related


def hidden(column: list[int], truth: list[float], **predicted: list[float]) -> Hidden:
    row = np.arange(len(column))
    return Hidden(
        np.array(column), row, np.array(truth), {name: np.array(values) for name, values in predicted.items()}
    )


def chosen(cells: Hidden, columns: int) -> list[tuple[str, ...]]:
    return choose(cells, np.zeros(columns, dtype=bool))


def test_each_column_takes_what_filled_it_best() -> None:
    cells = hidden([0, 0, 1, 1], [1, -1, 1, -1], mean=[0, 0, 0, 0], iterative=[1, -1, 5, 5], knn=[5, 5, 1, -1])
    assert chosen(cells, 2) == [("iterative",), ("knn",)]


def test_methods_that_err_in_opposite_ways_are_averaged() -> None:
    cells = hidden([0, 0], [1, -1], mean=[0, 0], iterative=[1.5, -0.5], knn=[0.5, -1.5], trees=[3, 3])
    assert chosen(cells, 1) == [("iterative", "knn")]


def test_of_equals_the_simplest_is_taken() -> None:
    cells = hidden([0], [1.0], mean=[0.5], median=[0.5], iterative=[0.502], trees=[0.5])
    assert chosen(cells, 1) == [("mean",)]


def test_a_column_that_was_not_judged_goes_half_of_the_way_from_the_mean_to_what_is_best_over_all() -> None:
    cells = hidden([0, 0], [1, -1], mean=[0, 0], iterative=[1, -1])
    assert chosen(cells, 2) == [("iterative",), ("mean", "iterative")]
    medians = hidden([0, 0], [1, -1], mean=[0, 0], median=[1, -1], iterative=[5, 5])
    assert chosen(medians, 2) == [("median",), ("mean",)]
    assert choose(cells, np.array([False, True])) == [("iterative",), ("mean",)]
    assert chosen(hidden([], [], mean=[], iterative=[]), 1) == [("mean",)]


def test_what_costs_more_than_the_budget_is_left_out_and_said() -> None:
    X, _ = related(200, 4, 0.2)
    assert set(AutoFill(budget=20_000).fit(X[:, :2])["left_out"]) == set()
    small = AutoFill(budget=20).fit(X)
    assert "trees" in small["left_out"]
    assert not any("trees" in methods for methods in small["choice"])
    assert AutoFill(budget=0).fit(X)["choice"] == [["mean"]] * 4


def test_neighbours_are_no_candidate_where_the_square_of_the_rows_exceeds_the_budget() -> None:
    knn, budget = CANDIDATES["knn"], AutoFill().budget * 1e6
    assert knn.operations(10_000, 10) < budget < knn.operations(50_000, 10)
    assert CANDIDATES["iterative"].operations(50_000, 10) < budget
    assert knn.operations(20_000, 10) == pytest.approx(4 * knn.operations(10_000, 10))


@pytest.mark.parametrize("name", CANDIDATES)
def test_cost_follows_from_the_size_alone_and_grows_with_it(name: str) -> None:
    costs = [CANDIDATES[name].operations(*size) for size in ((100, 5), (1000, 5), (1000, 20))]
    assert 0 < costs[0] < costs[1] < costs[2]


def test_only_members_that_a_column_chose_are_kept() -> None:
    fitted = AutoFill(budget=500).fit(related(120, 4, 0.1)[0])
    assert set(fitted["members"]) == {name for methods in fitted["choice"] for name in methods}


def rmse(filled: Matrix, whole: Matrix, gaps: np.ndarray) -> float:
    return float(np.sqrt((((filled - whole) / whole.std(axis=0))[gaps] ** 2).mean()))


@pytest.mark.parametrize("shape", ["lines", "curves"])
def test_auto_keeps_up_with_the_best_single_method_on_new_rows(shape: str) -> None:
    X, whole = related(400, 4, 0.15)
    if shape == "curves":
        rng = np.random.default_rng(5)
        base = rng.normal(size=(400, 1))
        whole = np.sin(base * [0.5, 1, 2, 3]) + 0.1 * rng.normal(size=(400, 4))
        X = np.where(rng.random(whole.shape) < 0.15, np.nan, whole)
    train, rows, gaps = X[:250], X[250:], np.isnan(X[250:])
    alone = {name: rmse(each.fill(each.fit(train), rows), whole[250:], gaps) for name, each in CANDIDATES.items()}
    auto = rmse(AutoFill().fill(AutoFill().fit(train), rows), whole[250:], gaps)
    assert auto <= 1.05 * min(alone.values())
    assert (alone["iterative"] == min(alone.values())) == (shape == "lines")


def test_the_error_of_auto_is_that_of_choices_made_on_other_rows() -> None:
    rng = np.random.default_rng(0)
    told, best = [], []
    for _ in range(20):  # noise: no method knows anything, and the luckiest seems to
        cells = 60
        truth = rng.normal(size=cells)
        predicted = {name: 0.5 * rng.normal(size=cells) for name in ("iterative", "knn", "trees")}
        noise = Hidden(np.zeros(cells, dtype=np.intp), np.arange(cells), truth, predicted)
        told.append(honest(noise, np.zeros(1, dtype=bool)).mean())
        best.append(min(((truth - filled) ** 2).mean() for filled in predicted.values()))
    average = 1 + 0.25 / 3  # what three such methods together are worth
    assert np.mean(told) == pytest.approx(average, abs=0.1)
    assert np.mean(best) > average


def test_a_column_of_few_values_is_filled_not_much_worse_than_by_its_mean() -> None:
    ratios = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        whole = np.column_stack([rng.normal(size=(300, 2)) @ rng.normal(size=(2, 4)), rng.normal(size=300)])
        X = whole.copy()
        X[rng.permutation(300)[6:], 4] = np.nan
        gaps = np.isnan(X[:, 4])
        filled, mean = (each.fill(each.fit(X), X)[gaps, 4] for each in (AutoFill(budget=300), CANDIDATES["mean"]))
        ratios.append(np.sqrt(((filled - whole[gaps, 4]) ** 2).mean() / ((mean - whole[gaps, 4]) ** 2).mean()))
    assert np.mean(ratios) < 1.05
    assert max(ratios) < 1.25


def test_trees_see_curves_that_a_line_does_not() -> None:
    x = np.linspace(-2, 2, 300)
    whole = np.column_stack([x, x**2])
    X = whole.copy()
    X[::4, 1] = np.nan
    gaps = np.isnan(X)
    filled = {name: CANDIDATES[name].fill(CANDIDATES[name].fit(X), X) for name in ("iterative", "trees")}
    assert rmse(filled["trees"], whole, gaps) < 0.1 < 0.9 < rmse(filled["iterative"], whole, gaps)


def test_trees_follow_their_seed() -> None:
    X, _ = related(80, 3, 0.2)
    fits = [TreesFill(trees=2).fit(X, seed) for seed in (0, 0, 1)]
    assert fits[0] == fits[1] != fits[2]
