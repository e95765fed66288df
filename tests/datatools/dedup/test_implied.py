import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.implied import CLOSE, Close
from datatools.dedup.search import Pairs

POINTS = st.lists(st.floats(0, 1), min_size=2, max_size=12)


def pair(one: int, other: int) -> Pairs:
    return Pairs(np.array([one]), np.array([other]), np.array([0]))


@given(POINTS)
def test_what_is_implied_is_never_further_than_twice_close(points: list[float]) -> None:
    """Points on a line: their distance is a share of the limit, so what is implied must be a bound."""
    close = Close(len(points))
    for one in range(len(points)):
        for other in range(one + 1, len(points)):
            bound = close.implied(pair(one, other), np.array([True]))[0]
            distance = abs(points[one] - points[other])
            if np.isnan(bound):
                close.learn(pair(one, other), np.array([distance]))
            else:
                assert distance - 1e-12 <= bound <= 2 * CLOSE


def test_of_many_copies_only_those_with_the_first_are_looked_at() -> None:
    count, close, looked = 60, Close(60), 0
    for one in range(count):
        for other in range(one + 1, count):
            if np.isnan(close.implied(pair(one, other), np.array([True]))[0]):
                looked += 1
                close.learn(pair(one, other), np.array([0.1]))
    assert looked == count - 1


def test_a_turned_pair_follows_from_nothing() -> None:
    close = Close(3)
    close.learn(Pairs(np.array([0, 0]), np.array([1, 2]), np.array([0, 0])), np.array([0.0, 0.0]))
    assert np.isnan(close.implied(pair(1, 2), np.array([False]))[0])
    assert close.implied(pair(1, 2), np.array([True]))[0] == 0.0
