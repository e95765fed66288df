import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datatools.dedup import multi_index, plan, scan, search
from datatools.dedup.plan import Plan, Sizes
from datatools.dedup.search import Pairs, Words

WORDS = st.integers(0, 2**64 - 1)


@st.composite
def crowded(draw: st.DrawFn, words: int) -> Words:
    """Hashes in clusters: some equal, most a few bits from a centre, so that every radius finds some pairs and misses others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, centres, flips = draw(st.integers(0, 300)), draw(st.integers(1, 20)), draw(st.integers(0, 30))
    hashes = rng.integers(0, 2**64, (centres, words), dtype=np.uint64)[rng.integers(0, centres, count)]
    for row, flipped in enumerate(rng.integers(0, flips + 1, count)):
        for bit in rng.integers(0, 64 * words, flipped):
            hashes[row, bit // 64] ^= np.uint64(1 << int(bit % 64))
    return hashes


def brute_force(queries: Words, hashes: Words, radius: int, upper: bool) -> Pairs:
    distance = np.unpackbits((queries[:, None] ^ hashes[None]).view(np.uint8), axis=2).sum(axis=2, dtype=np.int64)
    wanted = distance <= radius
    first, second = np.nonzero(np.triu(wanted, 1) if upper else wanted)
    return Pairs(first, second, distance[first, second])


def assert_equal(found: Pairs, wanted: Pairs) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == np.int64
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("words", [1, 2, 3, 4])
@given(data=st.data(), radius=st.integers(0, 40), upper=st.booleans())
def test_equals_brute_force(words: int, data: st.DataObject, radius: int, upper: bool) -> None:
    hashes, queries = data.draw(crowded(words)), data.draw(crowded(words))
    queries = np.concatenate([queries[:100], hashes[::-2]])
    assert_equal(search.pairs(hashes, radius), brute_force(hashes, hashes, radius, upper=True))
    assert_equal(search.matches(queries, hashes, radius, upper), brute_force(queries, hashes, radius, upper))


@pytest.mark.parametrize("words", [1, 2, 3, 4])
@settings(max_examples=25)
@given(data=st.data(), radius=st.integers(0, 24), upper=st.booleans())
def test_every_plan_finds_the_same(words: int, data: st.DataObject, radius: int, upper: bool) -> None:
    hashes = data.draw(crowded(words).filter(len))
    sizes = Sizes(data.draw(st.sampled_from([100, 5000])), None, 64 * words)
    cut = plan.cut(sizes, radius, data.draw(st.integers(1 + radius // 4, radius + 1)))
    pairs = multi_index.search(None, hashes, radius, cut, upper=True, threads=2)
    assert_equal(pairs, brute_force(hashes, hashes, radius, upper=True))
    turned = hashes[::-1] ^ np.uint64(3)
    matches = multi_index.search(turned, hashes, radius, cut, upper, threads=1)
    assert_equal(matches, brute_force(turned, hashes, radius, upper))


@pytest.mark.parametrize(("words", "radius", "counts"), [(1, 8, (3, 4, 5)), (2, 24, (7, 10))])
def test_plans_agree_on_many_hashes(words: int, radius: int, counts: tuple[int, ...], rng: np.random.Generator) -> None:
    hashes = rng.integers(0, 2**64, (20_000, words), dtype=np.uint64)
    for row in range(0, 4000, 2):
        hashes[-1 - row] = hashes[row]
        for bit in rng.integers(0, 64 * words, rng.integers(0, radius + 6)):
            hashes[row, bit // 64] ^= np.uint64(1 << int(bit % 64))
    wanted = multi_index.search(None, hashes, radius, Plan((), 1.0), upper=True, threads=2)
    assert len(wanted.first) > 1000
    for count in counts:
        cut = plan.cut(Sizes(len(hashes), None, 64 * words), radius, count)
        assert_equal(multi_index.search(None, hashes, radius, cut, upper=True, threads=2), wanted)
        matches = multi_index.search(hashes, hashes, radius, cut, upper=True, threads=1)
        assert_equal(matches, wanted)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_goes_on_where_the_buffer_was_full(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi_index, "BUFFER", 1)
    hashes = np.arange(64, dtype=np.uint64)[:, None] // np.uint64(4)
    cut = plan.cut(Sizes(1000, None, 64), 3, count) if count else Plan((), 1.0)
    found = multi_index.search(None, hashes, 3, cut, upper=True, threads=2)
    assert_equal(found, brute_force(hashes, hashes, 3, upper=True))


@pytest.mark.parametrize("count", [0, 3])
def test_equal_hashes_are_all_paired(count: int) -> None:
    hashes = np.full((1000, 2), 2**63, dtype=np.uint64)
    cut = plan.cut(Sizes(1000, None, 128), 8, count) if count else Plan((), 1.0)
    found = multi_index.search(None, hashes, 8, cut, upper=True, threads=2)
    assert (len(found.first), found.distance.max()) == (1000 * 999 // 2, 0)


def test_nothing_to_search() -> None:
    none, some = np.empty((0, 2), dtype=np.uint64), np.zeros((3, 2), dtype=np.uint64)
    for found in (search.pairs(none, 5), search.matches(none, some, 5), search.matches(some, none, 5)):
        assert [len(column) for column in found] == [0, 0, 0]
    assert len(search.pairs(some[:1], 128).first) == 0


def test_one_new_hash_is_looked_up_among_known_ones(rng: np.random.Generator) -> None:
    known = rng.integers(0, 2**64, (5000, 2), dtype=np.uint64)
    found = search.matches(known[123:124] ^ np.uint64(5), known, 24)
    assert [column.tolist() for column in found] == [[0], [123], [4]]


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


def as_rows(pairs: Pairs) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in pairs), strict=True))
