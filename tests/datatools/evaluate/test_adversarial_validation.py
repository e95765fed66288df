import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import roc_auc_score

from datatools.evaluate import adversarial_validation
from datatools.evaluate.adversarial_validation import compare, in_words
from datatools.evaluate.intervals import Estimate, undefined

ROWS, GROUPS = 240, 80


def features(rng: np.random.Generator, spread: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photos of 80 things, three of each, and a quarter of the things: features, which rows are test, groups."""
    things = rng.normal(size=(GROUPS, 20))
    groups = np.repeat(np.arange(GROUPS), 3)
    test = np.isin(groups, rng.choice(GROUPS, GROUPS // 4, replace=False))
    return things[groups] + spread * rng.normal(size=(ROWS, 20)), test, groups


def test_two_halves_of_one_population_cannot_be_told_apart() -> None:
    found = [compare(values, ~test, test, groups, 0).auc for values, test, groups in map(features, generators(30))]
    inside = [area.low <= 0.5 <= area.high for area in found]  # type: ignore[operator]
    assert sum(inside) >= 26
    assert np.mean([area.value for area in found]) == pytest.approx(0.5, abs=0.04)


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


def test_rows_of_a_thing_are_not_judged_by_a_model_that_knows_it() -> None:
    """The same photos tell their split as soon as groups are cut, as cross-validation by rows would do."""
    values, test, groups = features(np.random.default_rng(0), spread=0.01)
    honest, cheated = (compare(values, ~test, test, of, 0).auc.value for of in (groups, np.arange(ROWS)))
    assert honest is not None
    assert cheated is not None
    assert abs(honest - 0.5) < 0.2
    assert cheated > 0.75


def test_another_look_is_found_and_the_images_with_it_come_first() -> None:
    values, test, groups = features(np.random.default_rng(1))
    odd = np.flatnonzero(test)[:30]
    values[odd, :3] += 6
    found = compare(values, ~test, test, groups, 0)
    assert found.auc.low is not None
    assert len(set(found.strangest(15)) & set(odd)) >= 12
    assert np.isnan(found.strangeness[~test]).all()
    assert compare(values + 0.0, ~test, test, groups, 0).auc == found.auc
    values[test, :3] += 6
    all_odd = compare(values, ~test, test, groups, 0).auc
    assert all_odd.low is not None
    assert all_odd.low > 0.8


def test_the_area_is_scikit_learns_on_each_fold() -> None:
    rng = np.random.default_rng(2)
    score, side, fold = rng.normal(size=60).round(1), rng.random(60) < 0.4, np.arange(60) % 3
    expected = np.mean([roc_auc_score(side[fold == number], score[fold == number]) for number in range(3)])
    found = adversarial_validation._area(score, side, np.arange(60), fold)
    assert found.value == pytest.approx(expected)


def test_scores_are_those_of_a_ridge_classifier() -> None:
    rng = np.random.default_rng(3)
    values, side = rng.normal(size=(80, 5)), np.arange(80) % 2 == 0
    ours = adversarial_validation._predict(values, side, values[:10])
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    theirs = RidgeClassifier(alpha=5).fit(scaled, side).decision_function(scaled[:10])
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_folds_cut_no_group_and_leave_no_side_out() -> None:
    _, test, groups = features(np.random.default_rng(4))
    fold = adversarial_validation._folds(test, groups, 0, 5)
    assert all(len(set(fold[groups == group])) == 1 for group in range(GROUPS))
    assert all(len(set(test[fold == number])) == 2 for number in range(5))


def drawn_null(seed: int, sizes: tuple[int, int], groups: tuple[int, int], shared: float) -> Estimate:
    """Compare two sides of one population; ``shared`` is the part of the variance that a group has in common."""
    rng = np.random.default_rng(seed)
    of = [np.concatenate([np.arange(k), rng.integers(0, k, n - k)]) for n, k in zip(sizes, groups, strict=True)]
    values = [shared**0.5 * rng.normal(size=(k, 32))[at] for k, at in zip(groups, of, strict=True)]
    noise = (1 - shared) ** 0.5 * rng.normal(size=(sum(sizes), 32))
    first = np.arange(sum(sizes)) < sizes[0]
    group = np.concatenate([of[0], of[1] + groups[0]])
    return compare(np.vstack(values) + noise, first, ~first, group, seed).auc


@pytest.mark.parametrize(
    ("sizes", "groups", "shared"),
    [((100, 100), (100, 100), 0.0), ((300, 150), (30, 15), 0.5), ((120, 120), (12, 12), 0.5)],
)
def test_the_interval_holds_one_half_about_as_often_as_it_says(
    sizes: tuple[int, int], groups: tuple[int, int], shared: float
) -> None:
    found = [drawn_null(seed, sizes, groups, shared) for seed in range(60)]
    assert sum(area.low <= 0.5 <= area.high for area in found) >= 54  # type: ignore[operator]
    assert np.mean([area.high - area.low for area in found]) < 0.62  # type: ignore[operator]


def test_of_many_rows_as_many_of_each_group_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adversarial_validation, "MOST", 60)
    values, test, groups = features(np.random.default_rng(5))
    found = compare(values, ~test, test, groups, 0)
    looked_at = ~np.isnan(found.strangeness)
    assert looked_at.sum() == 60  # test has 20 groups of 3
    assert set(groups[looked_at]) == set(groups[test])
    assert found.auc.n == 120  # of the 60 groups of train, one row each


def test_large_groups_are_looked_at_in_part() -> None:
    """Twenty videos against eight: cut at the first video that overshoots, hardly one would be left."""
    rng = np.random.default_rng(0)
    groups = np.concatenate([np.repeat(np.arange(20), 1500), np.repeat(np.arange(20, 28), 600)])
    values = rng.normal(size=(len(groups), 4))
    values[groups >= 20] += 3
    found = compare(values, groups < 20, groups >= 20, groups, 0)
    assert found.auc.value is not None
    assert found.auc.value > 0.95
    assert found.auc.n == 8000


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(5, 200))
def test_as_many_rows_of_each_group_as_fit(sizes: list[int], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adversarial_validation, "MOST", most)
        found = adversarial_validation._most_per_group(np.array(sizes))
        groups = np.repeat(np.arange(len(sizes)), sizes)
        side = adversarial_validation._some(np.ones(len(groups), dtype=bool), groups, 0, "first")
    fits = [cap for cap in range(1, max(sizes) + 1) if np.minimum(sizes, cap).sum() <= most]
    assert found == max(fits, default=1)
    assert side.sum() == min(np.minimum(sizes, found).sum(), most)


def test_the_order_of_the_columns_and_constant_columns_do_not_matter() -> None:
    values, test, groups = features(np.random.default_rng(6))
    plain = compare(values, ~test, test, groups, 0).auc.value
    padded = np.hstack([values[:, ::-1], np.full((ROWS, 1), 7.0)])
    assert compare(padded, ~test, test, groups, 0).auc.value == pytest.approx(plain, abs=0.02)


@pytest.mark.parametrize("few", [0, 1, 3])
def test_too_few_groups_are_no_area(few: int) -> None:
    values, _, groups = features(np.random.default_rng(7))
    test = groups < few
    found = compare(values, ~test, test, groups, 0)
    assert found.auc.value is None
    assert found.strangest(5) == []
    assert in_words("test", found.auc) == "test has too few groups to be told from train"


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ((0.5, 0.44, 0.56), "test images cannot be told from train images, AUC 0.50 (0.44 to 0.56)"),
        ((0.6, 0.55, 0.65), "test images can hardly be told"),
        ((0.6, 0.51, 0.75), "test images can partly be told"),
        ((0.68, 0.49, 0.84), "test has too few groups to say"),
        ((0.58, 0.45, 0.7), "test has too few groups to say"),
        ((0.75, 0.7, 0.8), "test images can partly be told"),
        ((0.97, 0.9, 0.99), "test images look different from train images"),
        ((0.6, 0.2, 0.9), "test has too few groups to say"),
    ],
)
def test_the_area_in_words(area: tuple[float, float, float], words: str) -> None:
    assert in_words("test", Estimate(*area, 100)).startswith(words)
    assert in_words("val", undefined()).startswith("val has too few")
