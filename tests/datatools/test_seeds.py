import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datatools import seeds

NAMES = st.lists(st.one_of(st.text(max_size=5), st.integers()), max_size=4).map(tuple)


@given(st.integers(), NAMES)
def test_the_same_names_give_the_same_stream(seed: int, names: tuple[str | int, ...]) -> None:
    assert np.array_equal(seeds.generator(seed, *names).random(4), seeds.generator(seed, *names).random(4))


@given(st.tuples(st.integers(), NAMES), st.tuples(st.integers(), NAMES))
def test_other_names_give_another_stream(
    one: tuple[int, tuple[str | int, ...]], two: tuple[int, tuple[str | int, ...]]
) -> None:
    same = seeds.integer(one[0], *one[1]) == seeds.integer(two[0], *two[1])
    assert same == (repr(one) == repr(two))


def test_boundaries_and_types_of_names_count() -> None:
    assert seeds.integer(0, "ab", "c") != seeds.integer(0, "a", "bc")
    assert seeds.integer(0, 1) != seeds.integer(0, "1")


def test_a_numpy_integer_is_an_integer() -> None:
    assert seeds.integer(int(np.int64(3)), np.int64(5)) == seeds.integer(3, 5)  # type: ignore[arg-type]


def test_golden() -> None:
    assert seeds.integer(0, "augment", "abc", 2) == GOLDEN
    assert 0 <= GOLDEN < 2**63


GOLDEN = 9199474331873184570  # every stored result depends on it: a change here is a new major version
