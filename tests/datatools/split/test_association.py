import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.stats.contingency import association, crosstab

from datatools.split.association import best_cut, cramers_v, periods

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=4, max_size=60)


@given(PAIRS)
def test_v_is_the_bias_corrected_one(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    table = crosstab(a, b).count
    n, (r, k) = len(a), table.shape
    if min(r, k) < 2:
        assert cramers_v(a, b) == 0
        return
    plain = association(table, method="cramer")  # uncorrected
    excess = max(0.0, plain**2 * (min(r, k) - 1) - (r - 1) * (k - 1) / (n - 1))
    fewest = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    assert cramers_v(a, b) == pytest.approx(min(1.0, (excess / fewest) ** 0.5), abs=1e-6)


def test_v_is_1_for_the_same_thing_and_near_0_for_strangers() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 5, 500)
    assert cramers_v(a, (a + 2) % 5) == pytest.approx(1)
    assert cramers_v(a, rng.integers(0, 5, 500)) < 0.1


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80))
def test_equal_times_share_a_period_and_periods_are_even(times: list[int]) -> None:
    found = periods(np.array(times, dtype=np.int64), 4)
    assert all(len({found[place] for place, time in enumerate(times) if time == one}) == 1 for one in times)
    assert np.array_equal(np.argsort(times, kind="stable"), np.lexsort((np.array(times), found)))
    most = max(times.count(time) for time in times)
    assert np.bincount(found).max() <= len(times) / 4 + most


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=2, max_size=50))
def test_the_best_cut_is_the_best_of_all(rows: list[tuple[int, int]]) -> None:
    times, classes = np.array(rows, dtype=np.int64).T
    scores = {}
    for first in sorted(set(times.tolist()))[1:]:
        before = times < first
        if 5 <= before.sum() <= len(times) - 5:
            table = crosstab(before, classes).count
            scores[first] = association(table, method="cramer") if min(table.shape) > 1 else 0.0
    found = best_cut(times, classes)
    assert (found is None) == (not scores)
    if found is not None:
        assert found.v == pytest.approx(max(scores.values()), abs=1e-6)
        assert found.v == pytest.approx(scores[found.first], abs=1e-6)
        assert found.last == times[times < found.first].max()
        assert found.unbiased <= found.v + 1e-9
        rank = {one: place for place, one in enumerate(sorted(set(classes.tolist())))}
        codes = np.array([rank[one] for one in classes.tolist()])
        assert found.unbiased == pytest.approx(cramers_v(codes, (times > found.last).astype(int)), abs=1e-6)
