import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import plan
from datatools.dedup.plan import Plan, Sizes

WORDS = st.integers(1, 4)
RADII = st.integers(0, 40)


def holds(cut: Plan, radius: int, bits: int) -> None:
    """What makes a plan exact: thresholds that use up the radius, on substrings that have no bit in common."""
    assert sum(one.threshold + 1 for one in cut.substrings) == radius + 1
    assert all(1 <= one.width <= plan.WIDEST and one.threshold >= 0 for one in cut.substrings)
    assert sum(one.width for one in cut.substrings) <= bits


@given(WORDS, RADII, st.data())
def test_thresholds_use_up_the_radius(words: int, radius: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, min(radius + 1, 64 * words)))
    sizes = Sizes(
        data.draw(st.sampled_from([10, 10**4, 10**7])), data.draw(st.none() | st.integers(1, 10**5)), 64 * words
    )
    holds(plan.cut(sizes, radius, count), radius, 64 * words)


@pytest.mark.parametrize("count", [10**3, 10**4, 10**5, 10**6, 10**7])
@pytest.mark.parametrize(("words", "radius"), [(1, 0), (1, 8), (1, 24), (2, 24), (4, 40)])
def test_the_chosen_plan_is_exact_and_no_dearer_than_comparing_all(count: int, words: int, radius: int) -> None:
    sizes = Sizes(count, None, 64 * words)
    chosen = plan.choose(sizes, radius)
    assert chosen.cost <= plan.every(sizes).cost
    if chosen.substrings:
        holds(chosen, radius, 64 * words)


@given(RADII, st.integers(2, 12), st.data())
def test_two_hashes_within_the_radius_agree_in_some_substring(radius: int, count: int, data: st.DataObject) -> None:
    cut = plan.cut(Sizes(10**5, None, 128), radius, min(count, radius + 1))
    differing = data.draw(st.sets(st.integers(0, 127), max_size=radius))
    edges = np.cumsum([0, *(one.width for one in cut.substrings)])
    counts = [sum(low <= bit < high for bit in differing) for low, high in itertools.pairwise(edges)]
    assert any(found <= one.threshold for found, one in zip(counts, cut.substrings, strict=True))


def test_more_hashes_make_fewer_and_wider_substrings() -> None:
    cuts = [plan.choose(Sizes(count, None, 64), 8).substrings for count in (10**5, 10**6, 10**7)]
    assert [len(cut) for cut in cuts] == sorted((len(cut) for cut in cuts), reverse=True)
    assert len(cuts[0]) > len(cuts[-1])
    assert max(one.width for one in cuts[0]) < max(one.width for one in cuts[-1])


@pytest.mark.parametrize("sizes", [Sizes(100, None, 64), Sizes(10**6, 1, 128), Sizes(1, 10**6, 64)])
def test_few_hashes_are_compared_one_by_one(sizes: Sizes) -> None:
    assert plan.choose(sizes, 10).substrings == ()


@given(st.integers(1, 8), st.integers(0, 9))
def test_a_ball_is_counted(width: int, threshold: int) -> None:
    assert plan.ball(width, threshold) == sum(word.bit_count() <= threshold for word in range(2**width))
