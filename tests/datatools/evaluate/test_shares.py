import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.evaluate.intervals import percentile, wilson
from datatools.evaluate.shares import share, simultaneous


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_without_groups_it_is_wilsons(hits: list[bool]) -> None:
    assert share(np.array(hits), np.arange(len(hits))) == wilson(sum(hits), len(hits))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40))
def test_the_interval_holds_the_share_and_does_not_depend_on_the_names_of_groups(rows: list[tuple[bool, int]]) -> None:
    hits, group = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = share(hits, group)
    assert found.value == pytest.approx(hits.mean())
    assert 0 <= found.low <= found.value <= found.high <= 1
    other = share(hits[::-1], 3 * group[::-1] + 7)
    assert (found.low, found.high) == pytest.approx((other.low, other.high))


def test_copies_of_an_image_are_no_more_than_the_image() -> None:
    hits = np.random.default_rng(0).random(200) < 0.8
    one, five = share(hits, np.arange(200)), share(np.repeat(hits, 5), np.repeat(np.arange(200), 5))
    assert (five.low, five.high) == pytest.approx((one.low, one.high), abs=2e-3)
    assert five.n == 1000
    assert share(np.repeat(hits, 5), np.arange(1000)).high < five.high - 0.01


def test_the_variance_is_that_of_the_bootstrap_over_groups() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(150), rng.integers(1, 6, 150))
    hits = rng.random(len(group)) < rng.beta(2, 1, 150)[group]
    sums, sizes = np.bincount(group, weights=hits), np.bincount(group)
    picked = rng.integers(0, 150, size=(4000, 150))
    slow = percentile(float(hits.mean()), sums[picked].sum(axis=1) / sizes[picked].sum(axis=1), len(group))
    found = share(hits, group)
    assert (found.low, found.high) == pytest.approx((slow.low, slow.high), abs=0.012)


def test_groups_without_an_error_are_not_certain() -> None:
    found = share(np.ones(60, dtype=bool), np.repeat(np.arange(20), 3))
    assert found.high == 1
    assert wilson(20, 20).low > found.low > 0.8
    assert share(np.ones(60, dtype=bool), np.zeros(60, dtype=np.intp)).low < 0.25  # one group: one witness


def test_the_worst_part_is_named_and_its_interval_is_one_for_all_parts() -> None:
    part = np.repeat([0, 1, 2, -1], [50, 40, 30, 10])
    hits = np.concatenate([np.arange(50) < 45, np.arange(40) < 24, np.arange(30) < 30, np.zeros(10)]).astype(bool)
    found = simultaneous(hits, part, ("ink", "oil", "wax", "none"), np.arange(130))
    assert (found.name, found.value, found.n) == ("oil", 0.6, 40)
    alone = wilson(24, 40, 1 - 0.05 / 3)
    assert (found.low, found.high) == (alone.low, alone.high)
    assert found.plain()["name"] == "oil"


def test_a_small_part_without_an_error_may_be_the_worst_one() -> None:
    hits = np.array([True, False] + [True] * 98)
    found = simultaneous(hits, np.repeat([0, 1], [98, 2])[::-1], ("many", "few"), np.arange(100))
    assert found.name == "few"
    hits[1] = True
    found = simultaneous(hits, np.repeat([0, 1], [98, 2])[::-1], ("many", "few"), np.arange(100))
    assert (found.name, found.value) == ("many", 1.0)  # of equal ones the first
    assert found.low < 0.5


def test_without_parts_there_is_no_worst() -> None:
    assert simultaneous(np.zeros(0, bool), np.zeros(0, np.intp), ("ink",), np.zeros(0, np.intp)).value is None
