"""Could chance alone give what a check found? Groups are drawn, not rows, so in every test here a group counts once.

The tests say how often chance would give as much; how strong an association is, and whether it matters, the checks judge from the rows.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from datatools import seeds

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAWS = 399
RARE = 1 / (DRAWS + 1)  # what chance gives less often than this, over all that a check looks at, is no chance
MOST = 2000  # groups that are permuted: with more, nothing strong is chance


def permuting_reaches(
    statistic: Callable[[Integers, Integers], float], a: Integers, b: Integers, members: Integers
) -> bool:
    """Return whether two columns go together as much in one of 399 tables in which one of them is dealt out anew.

    This is a permutation test at the level 1/400, with no assumption about how full the table is or how many cuts the statistic tries.
    One row stands for each group.

    Args:
        statistic: of two columns of numbers; large where they go together.
        a, b: the columns.
        members: group of each row.
    """
    chosen = _one_per_group(a, b, members)
    one, other = a[chosen], b[chosen]
    found = statistic(one, other)
    rng = seeds.generator(0, "split", "audit", "chance")
    return any(statistic(one, rng.permutation(other)) >= found - 1e-12 for _ in range(DRAWS))


def _one_per_group(a: Integers, b: Integers, members: Integers) -> Integers:
    """Return a row of each group, of ``MOST`` groups at most, picked as if at random, by a number mixed from a and b.

    So the order of the rows has no say: two rows with the same number are the same to the test.
    """
    mixed = a.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ b.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    order = np.lexsort((mixed, members))
    first = order[np.append(True, np.diff(members[order]) != 0)]
    chosen: Integers = first[np.argsort(mixed[first], kind="stable")][:MOST]
    return chosen


def weights(members: Integers) -> Floats:
    """Return for each row one over the number of rows of its group.

    Sums of these vary at most as much as counts of independent groups, so that tests on them err on the side of chance.
    """
    return 1 / np.bincount(members)[members]


def of_shares(high: Floats, of_high: Floats, low: Floats, of_low: Floats) -> Floats:
    """Return how often two shares of one population would differ this much, by Fisher's exact test, doubled for two sides.

    Args:
        high, of_high: weight of the groups that have it, and of all groups, on the side with the larger share.
        low, of_low: the same on the other side. Fractions of a group are rounded so that the two come closer.
    """
    some, other = np.floor(high + 1e-9), np.ceil(low - 1e-9)
    drawn, rest = np.maximum(np.round(of_high), some), np.maximum(np.round(of_low), other)
    found: Floats = hypergeom.sf(some - 1, drawn + rest, some + other, drawn)
    return np.minimum(1.0, 2 * found)
