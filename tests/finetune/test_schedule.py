from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.schedule.constant import Constant
from finetune.schedule.cosine import Cosine

warm_ups = st.floats(0.0, 0.99)
lengths = st.integers(1, 400)


@given(warm_ups, st.floats(0.0, 1.0), lengths)
def test_cosine_rises_then_falls_to_the_floor(warm_up: float, floor: float, steps: int) -> None:
    schedule = Cosine(warm_up=warm_up, floor=floor)
    factors = [schedule(step, steps) for step in range(steps)]
    top = factors.index(max(factors))
    assert max(factors) == pytest.approx(1.0)
    assert all(0.0 <= factor <= 1.0 for factor in factors)
    assert all(a < b for a, b in pairwise(factors[: top + 1]))
    assert all(a >= b - 1e-12 for a, b in pairwise(factors[top:]))
    if top < steps - 1:
        assert factors[-1] == pytest.approx(floor)


@given(warm_ups, lengths)
def test_constant_rises_and_stays(warm_up: float, steps: int) -> None:
    schedule = Constant(warm_up=warm_up)
    factors = [schedule(step, steps) for step in range(steps)]
    assert factors == sorted(factors)
    assert factors[0] > 0.0
    assert factors[-1] == 1.0
    assert sum(factor < 1.0 for factor in factors) == min(round(warm_up * steps), steps - 1)


@given(st.integers(50, 2000))
def test_cosine_has_no_jumps(steps: int) -> None:
    schedule = Cosine(warm_up=0.1)
    factors = [schedule(step, steps) for step in range(steps)]
    largest = max(abs(a - b) for a, b in pairwise(factors))
    assert largest <= 1 / (round(0.1 * steps) + 1) + 1e-9 or largest <= 4 / steps


def test_halfway_down_the_cosine_is_the_mean_of_top_and_floor() -> None:
    assert Cosine(warm_up=0.0, floor=0.2)(50, 101) == pytest.approx(0.6)
