import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.strategy import Strategy, ever_trained
from finetune.strategy.feature_extraction import FeatureExtraction
from finetune.strategy.full import Full
from finetune.strategy.gradual import Gradual
from finetune.strategy.partial import Partial

strategies = st.one_of(
    st.just(FeatureExtraction()),
    st.just(Full()),
    st.builds(Partial, last=st.integers(1, 9)),
    st.builds(Gradual, every=st.integers(1, 4), most=st.none() | st.integers(1, 9)),
)


@given(strategies, st.integers(1, 12), st.integers(1, 10))
def test_what_learns_is_at_the_output_and_never_freezes_again(strategy: Strategy, epochs: int, count: int) -> None:
    before: frozenset[int] = frozenset()
    for epoch in range(epochs):
        now = strategy.trained(epoch, count)
        assert now == frozenset(range(count - len(now), count))
        assert now >= before
        before = now
    assert ever_trained(strategy, epochs, count) == before


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (FeatureExtraction(), [0, 0, 0, 0]),
        (Partial(last=2), [2, 2, 2, 2]),
        (Partial(last=9), [5, 5, 5, 5]),
        (Full(), [5, 5, 5, 5]),
        (Gradual(), [0, 1, 2, 3]),
        (Gradual(every=2), [0, 0, 1, 1]),
        (Gradual(most=1), [0, 1, 1, 1]),
    ],
)
def test_number_of_learning_groups_of_five(strategy: Strategy, expected: list[int]) -> None:
    assert [len(strategy.trained(epoch, 5)) for epoch in range(4)] == expected
