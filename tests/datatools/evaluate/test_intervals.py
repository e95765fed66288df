import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from datatools.evaluate.intervals import normal_quantile, percentile, wilson


@given(st.integers(1, 400), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(total: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, total))
    ours = wilson(successes, total, confidence)
    theirs = binomtest(successes, total).proportion_ci(confidence, method="wilson")
    assert ours.value == pytest.approx(successes / total)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= ours.low <= ours.value <= ours.high <= 1
    assert ours.n == total


def test_wilson_holds_the_truth_about_as_often_as_it_says() -> None:
    successes = np.arange(101)
    inside = [wilson(int(k), 100).low <= 0.3 <= wilson(int(k), 100).high for k in successes]
    assert binom.pmf(successes, 100, 0.3)[inside].sum() == pytest.approx(0.95, abs=0.02)


def test_of_nothing_there_is_no_share() -> None:
    assert wilson(0, 0).plain() == {"value": None, "low": None, "high": None, "n": 0}


def test_the_quantile_of_95_percent() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963985)


def test_percentile_leaves_out_undefined_draws() -> None:
    draws = np.append(np.linspace(0, 1, 101), [np.nan] * 50)
    estimate = percentile(0.5, draws, 7, 0.9)
    assert (estimate.low, estimate.high, estimate.n) == (pytest.approx(0.05), pytest.approx(0.95), 7)
    assert percentile(0.5, np.full(3, np.nan), 7).low == 0.5
