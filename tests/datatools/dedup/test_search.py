import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import scan, search
from datatools.dedup.search import Pairs

WORDS = st.integers(0, 2**64 - 1)


def close_hashes(rows: list[tuple[int, int]], size: int) -> search.Words:
    """Hashes that differ in few bits, so that every radius finds some pairs and misses others."""
    table = np.array([[base, base ^ mask][:size] for base, mask in rows], dtype=np.uint64)
    return table.reshape(len(rows), size)


def brute_force(hashes: search.Words, radius: int) -> list[tuple[int, int, int]]:
    found = []
    for (i, one), (j, other) in itertools.combinations(enumerate(hashes.tolist()), 2):
        distance = sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
        if distance <= radius:
            found.append((i, j, distance))
    return found


def as_rows(pairs: Pairs) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in pairs), strict=True))


@given(
    st.lists(st.tuples(st.integers(0, 40) | WORDS, st.integers(0, 7) | WORDS), max_size=25),
    st.sampled_from([1, 2]),
    st.integers(0, 128),
)
def test_equals_brute_force(rows: list[tuple[int, int]], size: int, radius: int) -> None:
    hashes = close_hashes(rows, size)
    assert as_rows(search.pairs(hashes, radius)) == brute_force(hashes, radius)


def test_goes_on_where_the_buffer_was_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BUFFER", 1)
    hashes = np.arange(64, dtype=np.uint64)[:, None] // np.uint64(4)
    assert as_rows(search.pairs(hashes, 1)) == brute_force(hashes, 1)


@given(WORDS)
def test_bits_are_counted(word: int) -> None:
    with np.errstate(over="ignore"):
        assert scan._count_ones(np.uint64(word)) == word.bit_count()


def test_a_mask_a_slice_and_other_row_numbers() -> None:
    found = search.pairs(np.array([[0], [1], [3]], dtype=np.uint64), 2)
    assert as_rows(found) == [(0, 1, 1), (0, 2, 2), (1, 2, 1)]
    assert as_rows(found.keep(found.distance == 1)) == [(0, 1, 1), (1, 2, 1)]
    assert as_rows(found.keep(slice(1, 3))) == [(0, 2, 2), (1, 2, 1)]
    assert as_rows(found.renumber(np.array([2, 5, 9]))) == [(2, 5, 1), (2, 9, 2), (5, 9, 1)]
    assert found.between() == {(0, 1): 1, (0, 2): 2, (1, 2): 1}
