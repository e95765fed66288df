"""Bootstrap over groups, from sums: each draw picks groups with replacement and adds up what they hold.

A group is whatever stands or falls together (photos of one thing, near-duplicates); an image without relatives is a group of one. Every
metric that is a function of sums over images needs no more than the sums of each group (Field and Welsh, JRSS B 69, 2007, 369-390).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]

CELLS = 4_000_000  # weights held in memory at once: 32 MB


def totals(sums: csr_array, draws: int, rng: np.random.Generator) -> Floats:
    """Return the totals of each draw, shape (draws, C).

    Args:
        sums: shape (G, C), one row per group; G > 0.

    Memory is bounded by some hundred draws or one, whatever G is; the result does not depend on how many are made at once.
    """
    groups = sums.shape[0]
    size = max(1, CELLS // groups)
    return np.concatenate([_weights(groups, min(size, draws - start), rng) @ sums for start in range(0, draws, size)])


def _weights(groups: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return how often each draw picked each group, shape (draws, groups)."""
    picked = (rng.integers(0, groups, size=groups) for _ in range(draws))
    return np.stack([np.bincount(row, minlength=groups) for row in picked]).astype(np.float64)
