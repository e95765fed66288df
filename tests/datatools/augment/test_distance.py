import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from datatools.augment import distance
from datatools.augment.distance import Distances, Sides, a_distance, alike, distances, mmd, scale

WIDTH = 12


def two(shift: float, first: int = 60, second: int = 90, seed: int = 0) -> tuple[np.ndarray, Sides]:
    """Return two normal clouds, the second moved along every axis, each row a group of its own."""
    rng = np.random.default_rng(seed)
    flags = np.arange(first + second) >= first
    features = rng.normal(size=(len(flags), WIDTH)) + shift * flags[:, None]
    return features, Sides(flags, np.arange(len(flags)), np.full(len(flags), -1))


def measured(features: np.ndarray, sides: Sides) -> Distances:
    return distances(features, sides, scale(features))


def test_nothing_apart_is_nought_and_worlds_apart_is_two() -> None:
    near, far = measured(*two(0.0)), measured(*two(6.0))
    assert near.a_distance < 0.4
    assert abs(near.mmd) < 0.02
    assert far.a_distance == 2.0
    assert far.mmd > 0.5


def test_both_grow_with_the_shift() -> None:
    found = [measured(*two(shift)) for shift in (0.0, 0.3, 0.6, 1.2)]
    for name in ("a_distance", "mmd"):
        values = [getattr(one, name) for one in found]
        assert values == sorted(values)
        assert values[0] < values[-1]


def test_the_discrepancy_is_unbiased() -> None:
    """Over many pairs of equal clouds its mean is 0; the biased estimate is above 0 in every one of them."""
    values = np.array([measured(*two(0.0, 20, 20, seed)).mmd for seed in range(60)])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    assert (values < 0).any()


@given(seed=st.integers(0, 2**32 - 1), grouped=st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_discrepancy_is_the_sum_over_pairs_of_strangers(seed: int, grouped: bool) -> None:
    rng = np.random.default_rng(seed)
    features, sides = two(0.5, 7, 9, seed)
    if grouped:
        lent = np.where(sides.second, -1, rng.integers(-1, 12, 16))
        sides = Sides(sides.second, rng.integers(0, 12, 16), lent)
    on = scale(features)
    kernel = on.kernel(on.inner(features))
    sums = {"within first": [], "within second": [], "across": []}  # type: dict[str, list[float]]
    for one in range(16):
        for other in range(16):
            groups = {sides.groups[one], sides.lent[one]} - {-1}
            if groups & ({sides.groups[other], sides.lent[other]} - {-1}):
                continue
            apart = np.linalg.norm((features[one] - features[other]) / on.std)
            value = float(np.exp(-(apart**2) / (2 * on.width**2)))
            same = sides.second[one] == sides.second[other]
            name = ("within second" if sides.second[one] else "within first") if same else "across"
            sums[name].append(value)
    if all(sums.values()):
        means = {name: np.mean(values) for name, values in sums.items()}
        expected = means["within first"] + means["within second"] - 2 * means["across"]
        assert mmd(kernel, sides) == pytest.approx(expected, abs=1e-9)


def test_the_scores_are_those_of_weighted_ridge_regression() -> None:
    features, sides = two(0.4, 15, 40)
    judged = np.arange(len(features)) % 5 == 0
    learned = ~judged
    side = sides.second[learned]
    weight = np.where(side, 0.5 / side.sum(), 0.5 / (~side).sum()) * len(side)
    model = Ridge(alpha=7.0).fit(features[learned], np.where(side, 1.0, -1.0), sample_weight=weight)
    found = distance._scores(features @ features.T, 7.0, learned, judged, sides.second)
    assert found == pytest.approx(model.predict(features[judged]))


def test_what_only_tells_groups_apart_is_no_distance() -> None:
    """Eight rows per group around a middle of its own: whoever has seen a group knows its side, and nobody knows it of a new one."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(24), 8)
    features = 4 * rng.normal(size=(24, WIDTH))[groups] + 0.1 * rng.normal(size=(len(groups), WIDTH))
    sides = Sides(groups >= 12, groups, np.full(len(groups), -1))
    torn = Sides(sides.second, np.arange(len(groups)), sides.lent)
    whole = measured(features, sides)
    assert whole.a_distance < measured(features, torn).a_distance - 0.5
    assert whole.mmd < measured(features, torn).mmd


def test_a_reference_that_lent_its_look_has_no_say_about_it() -> None:
    """Each row of the first set is a copy of one of the second: seen to the side, it would be taken for one of the second."""
    features, sides = two(3.0, 20, 20)
    features[:20] = features[20:]
    blind = Sides(sides.second, sides.groups, np.where(sides.second, -1, np.arange(40) + 20))
    on = scale(features)
    assert mmd(on.kernel(on.inner(features)), blind) > mmd(on.kernel(on.inner(features)), sides)
    judged = np.arange(40) < 5
    assert not distance._learned(judged, blind)[20:25].any()
    assert distance._learned(judged, blind)[25:].all()
    everything = Sides(sides.second, np.where(sides.second, 20, sides.groups), np.where(sides.second, -1, 20))
    assert distance._learned(judged, everything)[20:].all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_no_group_is_torn_and_every_fold_learns_from_both_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 14, 60)
    sides = Sides(rng.permutation(60) < 25, groups, np.full(60, -1))
    if sides.fewest_groups < distance.FEWEST_GROUPS:
        return
    fold = distance._folds(sides, 0)
    assert all(len(set(fold[groups == group])) == 1 for group in groups)
    assert set(fold) == set(range(fold.max() + 1))
    for number in set(fold):
        assert set(sides.second[fold != number]) == {False, True}


def test_the_order_of_the_rows_does_not_matter() -> None:
    features, sides = two(0.6)
    order = np.random.default_rng(0).permutation(len(features))
    mixed = Sides(sides.second[order], sides.groups[order], sides.lent[order])
    one, other = measured(features, sides), measured(features[order], mixed)
    assert (one.a_distance, one.mmd) == pytest.approx((other.a_distance, other.mmd))


def test_a_feature_that_never_varies_changes_nothing() -> None:
    features, sides = two(0.6)
    more = np.hstack([features, np.full((len(features), 1), 3.0)])
    assert measured(more, sides).mmd == pytest.approx(measured(features, sides).mmd)


def test_equal_features_are_nought_apart() -> None:
    features, sides = two(0.0)
    found = measured(np.ones_like(features), sides)
    assert (found.a_distance, found.mmd) == (0.0, 0.0)


def test_halves_of_one_set_bound_what_chance_gives() -> None:
    """About one in twenty pairs of equal clouds lies beyond; a true shift does."""
    features, sides = two(0.0, 100, 100, 3)
    on = scale(features)
    zero = alike(features[sides.second], sides.groups[sides.second], 32, on)
    assert zero is not None
    others = [distances(*two(0.0, 32, 68, seed), on) for seed in range(10, 40)]
    assert sum(one.a_distance > zero.a_distance for one in others) <= 6
    assert sum(one.mmd > zero.mmd for one in others) <= 6
    moved = distances(*two(0.8, 32, 68, 50), on)
    assert moved.a_distance > zero.a_distance
    assert moved.mmd > zero.mmd


def test_halves_need_four_groups_each() -> None:
    features, _ = two(0.0, 20, 20)
    on = scale(features)
    assert alike(features, np.arange(40) % 6, 20, on) is None
    assert alike(features, np.arange(40) % 20, 20, on) is not None


def test_both_sides_weigh_the_same_whatever_their_sizes() -> None:
    """A classifier that only knew which set is larger would be right for nine rows in ten, and gets no credit."""
    features, sides = two(0.0, 20, 180)
    assert a_distance(features @ features.T, WIDTH, sides) < 0.6
