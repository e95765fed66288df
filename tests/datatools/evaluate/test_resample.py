import numpy as np
import pytest
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
