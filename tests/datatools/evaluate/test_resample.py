import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from datatools import seeds
from datatools.evaluate import resample


def rng() -> np.random.Generator:
    return seeds.generator(0, "test")


def test_a_draw_is_the_sum_of_the_groups_that_it_picked() -> None:
    sums = np.random.default_rng(0).normal(size=(7, 3))
    found = resample.totals(csr_array(sums), 50, rng())
    slow = rng()
    for row in found:
        picked = slow.integers(0, 7, size=7)
        assert row == pytest.approx(sums[picked].sum(axis=0))


def test_how_many_are_made_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = csr_array(np.random.default_rng(0).normal(size=(9, 4)))
    whole = resample.totals(sums, 100, rng())
    monkeypatch.setattr(resample, "CELLS", 30)
    assert np.array_equal(resample.totals(sums, 100, rng()), whole)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 3)), min_size=1, max_size=30))
def test_groups_alike_can_be_drawn_together(rows: list[tuple[int, int]]) -> None:
    sums = np.array(rows)
    few, all_groups = resample.totals_of_few(sums, 4000, rng()), resample.totals(csr_array(sums), 4000, rng())
    assert len(few) == 4000
    for fast, slow, exact in zip(few.T, all_groups.T, sums.T, strict=True):
        spread = exact.std() * len(sums) ** 0.5
        assert fast.mean() == pytest.approx(exact.sum(), abs=5 * spread / 4000**0.5 + 1e-9)
        assert fast.std() == pytest.approx(spread, rel=0.08, abs=1e-9)
        assert slow.std() == pytest.approx(spread, rel=0.08, abs=1e-9)
