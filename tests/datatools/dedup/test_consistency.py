import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.consistency import CLOSER, SURE, consistent
from datatools.dedup.search import Pairs

SIZES = np.array([[9, 9], [9, 9], [9, 9], [4, 4], [4, 4]])
NUMBERS = st.integers(0, len(SIZES) - 1)
PAIRS = st.dictionaries(
    st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1]),
    st.integers(0, 10_000).map(lambda share: share / 10_000),
)


def stands(found: dict[tuple[int, int], float]) -> list[bool]:
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    pairs = Pairs(table[:, 0], table[:, 1], np.zeros(len(table), dtype=np.int64))
    return consistent(pairs, np.array([found[pair] for pair in sorted(found)], dtype=np.float64), SIZES).tolist()


def closest(found: dict[tuple[int, int], float], image: int) -> tuple[float, int]:
    return min((share, sum(pair) - image) for pair, share in found.items() if image in pair)


def contradicted(found: dict[tuple[int, int], float], one: int, other: int) -> bool:
    """Whether ``other`` has a partner that is closer, of the size of ``one``, and another picture."""
    share, partner = closest(found, other)
    stranger = partner != one and (min(one, partner), max(one, partner)) not in found
    alike = tuple(SIZES[one]) == tuple(SIZES[partner])
    unlike = tuple(SIZES[one]) != tuple(SIZES[other])
    used = found[min(one, other), max(one, other)]
    return unlike and alike and stranger and CLOSER * share < used and used > SURE


@given(PAIRS)
def test_a_pair_falls_where_the_closest_partner_of_either_image_contradicts_it(
    found: dict[tuple[int, int], float],
) -> None:
    expected = [not (contradicted(found, *pair) or contradicted(found, *pair[::-1])) for pair in sorted(found)]
    assert stands(found) == expected


def test_a_small_copy_stays_with_its_original_and_leaves_the_look_alike() -> None:
    assert stands({(0, 3): 0.1, (1, 3): 0.9}) == [True, False]
    assert stands({(0, 3): 0.1, (1, 3): 0.9, (0, 1): 0.8}) == [True, True, True]  # copies of each other after all
    assert stands({(0, 3): 0.5, (1, 3): 0.9}) == [True, True]  # too close to call


def test_a_pair_does_not_contradict_itself_in_another_orientation() -> None:
    pairs = Pairs(np.array([0, 0]), np.array([3, 3]), np.array([2, 9]))
    assert consistent(pairs, np.array([0.1, 0.9]), SIZES).tolist() == [True, True]
