import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from datatools.experiment.effects import effect, holm

scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8)
p_values = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=10)


@given(scores)
def test_without_a_shared_share_it_is_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = np.array(pairs).T
    assume(np.ptp(ours - theirs) > 1e-6)
    found = effect(ours, theirs)
    expected = stats.ttest_rel(ours, theirs)
    low, high = expected.confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((float(np.mean(ours - theirs)), low, high))
    assert found.p == pytest.approx(float(expected.pvalue))


def test_the_interval_of_nadeau_and_bengio() -> None:
    ours, theirs = np.array([0.8, 0.9, 0.7]), np.array([0.7, 0.75, 0.69])
    found = effect(ours, theirs, share=0.25)
    error = np.sqrt((1 / 3 + 0.25) * np.var(ours - theirs, ddof=1))
    half = stats.t.ppf(0.975, 2) * error
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half))
    assert found.p == pytest.approx(2 * stats.t.sf(found.mean / error, 2))


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [([0.9], [0.8], False), ([0.9, 0.8], [0.9, 0.8], True), ([0.75, 0.5], [0.5, 0.25], False)],
)
def test_where_there_is_no_spread_there_is_no_interval(ours: list[float], theirs: list[float], same: bool) -> None:
    found = effect(ours, theirs)
    assert (found.low, found.high, found.p, found.same) == (None, None, None, same)


def test_intervals_hold_as_often_as_they_say(rng: np.random.Generator) -> None:
    """Splits share images: a mean over seeds then varies by a part that no seed shows, which the correction adds."""
    share, seeds, held = 0.3, 4, 0
    for _ in range(2000):
        values = rng.normal(0, 1, seeds) + rng.normal(0, np.sqrt(share))
        found = effect(values, np.zeros(seeds), share)
        held += bool(found.low is not None and found.high is not None and found.low < 0 < found.high)
    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_of_these_images_alone_p_is_that_of_the_plain_t_test(rng: np.random.Generator) -> None:
    ours, theirs = rng.normal(0.5, 1, 6), rng.normal(0, 1, 6)
    found = effect(ours, theirs, share=0.4)
    assert found.p_here == pytest.approx(stats.ttest_rel(ours, theirs).pvalue)
    assert effect(ours, theirs).p == found.p_here < (found.p or 0)


@given(p_values)
def test_holm_is_its_definition(p: list[float | None]) -> None:
    found = holm(p)
    known = sorted(value for value in p if value is not None)
    for value, corrected in zip(p, found, strict=True):
        if value is None:
            assert corrected is None
            continue
        steps = [min(1.0, one * (len(known) - rank)) for rank, one in enumerate(known) if one <= value]
        assert corrected == pytest.approx(max(steps))


@given(p_values)
def test_a_corrected_p_is_never_smaller(p: list[float | None]) -> None:
    assert all(
        found is not None and found >= value for value, found in zip(p, holm(p), strict=True) if value is not None
    )
