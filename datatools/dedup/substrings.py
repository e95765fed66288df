"""Which bits of a hash are looked up together: bits that say different things.

Where two bits of a substring tend to agree, more hashes share its value than chance would have: the DCT hash has its first bit always set,
and neighbours in the gradient hash share a pixel. For hashes with bits s in {-1, 1} the chance that w bits of two of them agree is

    2**-w E[prod(1 + s_b s'_b)] = 2**-w (1 + sum_b E[s_b]**2 + sum_b<c E[s_b s_c]**2 + ...)

so a bit is dealt to the substring where it adds the least to that sum, as estimated on a sample.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datatools.dedup.search import Words

SAMPLE = 1024

Bits = NDArray[np.int64]


def deal(hashes: Words, widths: Sequence[int]) -> list[Bits]:
    """Return the bits of each substring: disjoint, as many as its width says.

    The bits that tell hashes apart least are left out where the widths do not need them all. The same hashes give the same answer.

    Args:
        hashes: shape (N, words), N >= 1.
        widths: bits of each substring; at most 64 x words together.
    """
    bias, agreement = _moments(to_bits(sample(hashes)))
    order = np.argsort(-(bias * len(bias) + agreement.sum(axis=0)), kind="stable")[len(bias) - sum(widths) :]
    added = np.zeros((len(widths), len(bias)))  # what a bit would add to a substring
    held: list[list[int]] = [[] for _ in widths]
    for bit in order.tolist():
        filled = np.array([len(bits) / width for bits, width in zip(held, widths, strict=True)])
        # Among equals the emptiest, so that random bits are spread too.
        chosen = int(np.argmin(np.where(filled < 1, added[:, bit] + 1e-6 * filled, np.inf)))
        held[chosen].append(bit)
        added[chosen] += agreement[bit] + bias[bit] * bias
    return [np.sort(np.array(bits, dtype=np.int64)) for bits in held]


def sample(hashes: Words) -> Words:
    """Return at most ``SAMPLE`` of the hashes, evenly spaced."""
    return hashes[:: max(1, len(hashes) // SAMPLE)][:SAMPLE]


def to_bits(hashes: Words) -> NDArray[np.bool_]:
    """Return the bits of hashes, shape (N, 64 x words); bit b of word w is column 64 w + b."""
    data = np.ascontiguousarray(hashes).astype("<u8").view(np.uint8)
    return np.unpackbits(data, axis=1, bitorder="little").astype(np.bool_)


def tables(bits: Bits, words: int) -> NDArray[np.uint32]:
    """Return what each value of each byte adds to a key: bit ``bits[k]`` of the hash is bit k of the key; shape (8 words, 256)."""
    made = np.zeros((8 * words, 256), dtype=np.uint32)
    for place, bit in enumerate(bits.tolist()):
        made[bit // 8] |= ((np.arange(256) >> (bit % 8) & 1) << place).astype(np.uint32)
    return made


def mask(bits: Bits, words: int) -> Words:
    """Return the words in which exactly these bits are set."""
    made = np.zeros(words, dtype=np.uint64)
    for bit in bits.tolist():
        made[bit // 64] |= np.uint64(1 << (bit % 64))
    return made


def _moments(bits: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return E[s]**2 of each bit and E[s s']**2 of each two, 0 on the diagonal."""
    signs = np.where(bits, 1.0, -1.0)
    agreement = (signs.T @ signs / len(signs)) ** 2
    np.fill_diagonal(agreement, 0)
    return signs.mean(axis=0) ** 2, agreement
