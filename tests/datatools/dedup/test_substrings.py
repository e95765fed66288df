import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import substrings
from datatools.dedup.search import Words

WIDTHS = st.lists(st.integers(1, 22), min_size=1, max_size=6).filter(lambda widths: sum(widths) <= 128)


def random(count: int, words: int, seed: int = 0) -> Words:
    return np.random.default_rng(seed).integers(0, 2**64, (count, words), dtype=np.uint64)


@given(WIDTHS, st.integers(1, 3000), st.integers(0, 99))
def test_every_bit_is_dealt_once_at_most(widths: list[int], count: int, seed: int) -> None:
    hashes = random(count, 2, seed)
    dealt = substrings.deal(hashes, widths)
    assert [len(bits) for bits in dealt] == widths
    together = np.concatenate(dealt)
    assert len(np.unique(together)) == len(together)
    assert together.min() >= 0
    assert together.max() < 128
    assert all((one == other).all() for one, other in zip(dealt, substrings.deal(hashes, widths), strict=True))


def test_bits_that_never_change_are_left_out() -> None:
    hashes = random(500, 1) | np.uint64(1 << 63 | 1 << 5)
    assert not {5, 63} & set(np.concatenate(substrings.deal(hashes, [31, 31])).tolist())


def test_bits_that_agree_are_dealt_to_different_substrings() -> None:
    low = random(1000, 1) & np.uint64(2**32 - 1)
    dealt = substrings.deal(low | low << np.uint64(32), [32, 32])  # bit b equals bit b + 32
    for bits in dealt:
        assert len(np.unique(bits % 32)) == 32


@given(st.lists(st.integers(0, 127), min_size=1, max_size=22, unique=True), st.integers(0, 99))
def test_tables_and_mask_pick_the_same_bits(places: list[int], seed: int) -> None:
    bits, (one, other) = np.array(places), random(2, 2, seed)
    data = [hash_.astype("<u8").tobytes() for hash_ in (one, other)]
    made = substrings.tables(bits, 2)
    keys = [sum(int(made[byte, value]) for byte, value in enumerate(row)) for row in data]
    wanted = [
        sum((int(hash_[bit // 64]) >> (bit % 64) & 1) << k for k, bit in enumerate(places)) for hash_ in (one, other)
    ]
    assert keys == wanted
    differing = sum(map(int.bit_count, ((one ^ other) & substrings.mask(bits, 2)).tolist()))
    assert differing == (keys[0] ^ keys[1]).bit_count()


def test_a_sample_is_spread_over_the_hashes() -> None:
    hashes = np.arange(10_000, dtype=np.uint64)[:, None]
    some = substrings.sample(hashes)
    assert len(some) == substrings.SAMPLE
    assert some[-1] > 9000
    assert len(substrings.sample(hashes[:3])) == 3


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2))
def test_bits_are_numbered_from_the_lowest(words: list[int]) -> None:
    bits = substrings.to_bits(np.array([words], dtype=np.uint64))
    assert bits.tolist() == [[bool(words[bit // 64] >> (bit % 64) & 1) for bit in range(128)]]
