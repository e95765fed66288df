"""Tests of shares: against slow loops, scipy, and how often they are wrong by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from datatools.diagnose.findings import chance


def test_the_error_of_a_mean_without_groups_is_the_usual_one(rng: np.random.Generator) -> None:
    values = rng.normal(size=200)
    found = chance.mean(values, np.arange(200))
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(values.std(ddof=1) / np.sqrt(200), rel=0.01)
    assert found.worth == pytest.approx(200, rel=0.02)


def test_copies_of_each_value_are_worth_nothing(rng: np.random.Generator) -> None:
    values = rng.normal(size=100)
    alone, copied = chance.mean(values, np.arange(100)), chance.mean(np.repeat(values, 7), np.repeat(np.arange(100), 7))
    assert copied.error == pytest.approx(alone.error, rel=0.02)
    assert copied.worth == pytest.approx(100, rel=0.02)


def test_equal_values_count_once_a_group() -> None:
    found = chance.mean(np.ones(40, dtype=bool), np.repeat(np.arange(4), 10))
    assert (found.value, found.error, found.worth) == (1.0, 0.0, 4.0)


def test_the_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no image"):
        chance.mean(np.empty(0), np.empty(0, dtype=np.int64))


@given(st.integers(15, 60), st.integers(15, 90), st.data())
def test_a_difference_is_judged_nearly_as_by_fisher(first: int, second: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    one, other = np.arange(first) < right[0], np.arange(second) < right[1]
    p = chance.below(one, other, np.arange(first), np.arange(second))
    exact = fisher_exact([[right[0], first - right[0]], [right[1], second - right[1]]], alternative="less").pvalue
    assert 0 <= p <= 1
    assert abs(p - exact) < 0.03 if exact < 0.5 else p > 0.3


def test_above_zero_is_wrong_as_often_as_it_says(rng: np.random.Generator) -> None:
    groups = np.repeat(np.arange(40), 3)
    p = [chance.above_zero(np.repeat(rng.normal(size=40), 3), groups) for _ in range(2000)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.02)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_its_definition(p: list[float]) -> None:
    order = sorted(range(len(p)), key=lambda place: p[place])
    expected = [0.0] * len(p)
    largest = 0.0
    for place, number in enumerate(order):
        largest = max(largest, min(1.0, p[number] * (len(p) - place)))
        expected[number] = largest
    assert chance.holm(p) == pytest.approx(expected)
    assert all(after >= before for before, after in zip(p, chance.holm(p), strict=True))


def test_holm_of_nothing_is_nothing() -> None:
    assert chance.holm([]) == []


def test_a_lead_is_bonett_and_prices() -> None:
    values = np.array([1.0] * 5 + [-1.0] * 2 + [0.0] * 33)
    found = chance.lead(values, np.arange(40))
    won, lost = 6 / 42, 3 / 42
    half = chance.Z * np.sqrt((won + lost - (won - lost) ** 2) / 42)
    assert (found.value, found.high - found.low) == (pytest.approx(3 / 40), pytest.approx(2 * half))
    together = chance.lead(np.repeat(values, 3), np.repeat(np.arange(40), 3))
    assert (together.error, together.worth) == (pytest.approx(found.error), 40)
