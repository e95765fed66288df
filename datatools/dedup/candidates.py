"""Pairs that could show one picture: similar hashes, as the images lie or after one of them is turned or mirrored."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools.dedup import search
from datatools.dedup.search import Indices, Pairs, Words
from datatools.fingerprints import ORIENTATIONS


class Candidates(NamedTuple):
    """Candidate pairs.

    Attributes:
        pairs: rows of two images, sorted; a pair stands there once for each orientation in which it is close enough.
        orientation: how the first image has to be turned to look like the second, one of
            ``datatools.fingerprints.ORIENTATIONS``; 0 for as it is.
    """

    pairs: Pairs
    orientation: Indices

    def keep(self, chosen: NDArray[np.bool_] | Indices | slice) -> "Candidates":
        """Return the candidates in a mask or a slice."""
        return Candidates(self.pairs.keep(chosen), self.orientation[chosen])

    def renumber(self, rows: Indices) -> "Candidates":
        """Return the candidates with row numbers of a larger table; ``rows`` rises."""
        return Candidates(self.pairs.renumber(rows), self.orientation)


def upright(pairs: Pairs) -> Candidates:
    """Return pairs as candidates that need no turning."""
    return Candidates(pairs, np.zeros(len(pairs.first), dtype=np.int64))


def joined(phash: Words, dhash: Words) -> Words:
    """Return pHash and dHash as one hash of 128 bits, shape (N, 2)."""
    return np.stack((phash, dhash), axis=1)


def turned(phash: Words, dhash: Words, radius: int) -> Candidates:
    """Return the pairs whose joint hashes are within a radius once the first image is turned or mirrored.

    Args:
        phash: shape (N, 8), one column an orientation.
        dhash: the same.
        radius: bits of 128.
    """
    known = joined(phash[:, 0], dhash[:, 0])
    found = [_at(joined(phash[:, g], dhash[:, g]), known, radius, g) for g in range(1, len(ORIENTATIONS))]
    return merged(*found)


def merged(*parts: Candidates) -> Candidates:
    """Return the candidates of all parts, sorted by pair; of one pair as it is before turned, then the closest first."""
    first, second, distance = (np.concatenate([part.pairs[k] for part in parts]) for k in range(3))
    orientation = np.concatenate([part.orientation for part in parts])
    order = np.lexsort((orientation, distance, orientation > 0, second, first))
    return Candidates(Pairs(first[order], second[order], distance[order]), orientation[order])


def once(candidates: Candidates) -> Candidates:
    """Return each pair of :func:`merged` candidates once.

    A symmetric picture and its copy are also mirror images: what matches as it is does not count as turned.
    """
    return candidates.keep(firsts(candidates.pairs))


def firsts(pairs: Pairs) -> NDArray[np.bool_]:
    """Return where each pair of sorted pairs stands first."""
    first, second, _ = pairs
    new = np.ones(len(first), dtype=np.bool_)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return new


def _at(queries: Words, known: Words, radius: int, orientation: int) -> Candidates:
    pairs = search.matches(queries, known, radius, upper=True)
    return Candidates(pairs, np.full(len(pairs.first), orientation, dtype=np.int64))
