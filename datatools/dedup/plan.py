"""How to search: into how many substrings the bits are cut, by what each plan would cost.

Multi-index hashing (Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012, section 3): of m
disjoint substrings of two hashes within r bits, one differs in at most floor(r / m) bits. More exactly, by the pigeonhole principle: for
thresholds t_i with sum(t_i + 1) = r + 1, some substring i differs in at most t_i, or all together would differ in r + 1 bits or more.
"""

from functools import lru_cache
from itertools import accumulate
from math import comb, exp
from typing import NamedTuple

WIDEST = 22  # bits of a key: 2**22 buckets are 16 MB
LOW = 8  # bits of the low part of a key

# Nanoseconds, measured on a processor with AVX-512 (Zen 4, 2.6 GHz). Only their ratios matter for the choice.
SORTING = 14.0  # one hash, one substring
SETUP = 100_000.0  # one substring
EMPTY = 2.0  # looking at two buckets of which one is empty
MEETING = 6.0  # comparing two buckets, whatever they hold
VECTOR = 0.6  # one hash against a vector of eight
FOUND = 30.0  # a pair within the radius, which nearly every substring finds again


class Substring(NamedTuple):
    """Bits that are looked up together, and in how many of them two hashes may differ there."""

    width: int
    threshold: int


class Plan(NamedTuple):
    """The substrings; none means that every pair is compared. ``cost`` is in seconds, estimated for hashes of random bits."""

    substrings: tuple[Substring, ...]
    cost: float


class Sizes(NamedTuple):
    """What is searched: numbers of hashes (``queries`` None: one set with itself), bits of a hash, and pairs expected."""

    hashes: int
    queries: int | None
    bits: int
    found: float = 0.0

    @property
    def rows(self) -> int:
        """Return how many hashes the loop runs over beside the vectors."""
        return self.hashes if self.queries is None else self.queries

    @property
    def share(self) -> float:
        """Return the share of the bucket pairs to be compared: half in a set with itself."""
        return 0.5 if self.queries is None else 1.0

    @property
    def vector(self) -> float:
        """Return the nanoseconds of one hash against a vector of eight."""
        return VECTOR * (1 + self.bits / 64) / 2


def choose(sizes: Sizes, radius: int) -> Plan:
    """Return the cheapest plan for finding all pairs within ``radius`` bits."""
    plans = [every(sizes)]
    if plans[0].cost > SETUP * 1e-9:
        plans += [cut(sizes, radius, count) for count in range(1, min(radius + 1, sizes.bits) + 1)]
    return min(plans, key=lambda plan: plan.cost)


def every(sizes: Sizes) -> Plan:
    """Return the plan of comparing every pair."""
    return Plan((), (sizes.share * sizes.rows * sizes.hashes / 8 * sizes.vector + FOUND * sizes.found) * 1e-9)


def cut(sizes: Sizes, radius: int, count: int) -> Plan:
    """Return the cheapest plan with ``count`` substrings, of at most ``radius + 1``.

    Notes:
        ``sum(threshold + 1) = radius + 1``; the widths add up to at most the bits.
    """
    low, loose = divmod(radius + 1, count)  # ``loose`` of them may differ in one bit more than the others
    tight = count - loose
    many, few = (cheapest(sizes, threshold) for threshold in (low, low - 1))
    again = count * FOUND * sizes.found * 1e-9
    plans = []
    for width in range(1, min(WIDEST, sizes.bits // tight) + 1):
        left = min(WIDEST, (sizes.bits - tight * width) // loose) if loose else 0
        if left or not loose:
            chosen = [few[width]] * tight + [many[left]] * loose
            plans.append(Plan(tuple(item for _, item in chosen), sum(price for price, _ in chosen) + again))
    return min(plans, key=lambda plan: plan.cost)


@lru_cache(maxsize=64)
def cheapest(sizes: Sizes, threshold: int) -> tuple[tuple[float, Substring], ...]:
    """Return for each number of bits the cost of the best substring of at most that width, and it; index 0 stands for 1."""
    options = [Substring(width, threshold) for width in range(1, WIDEST + 1)]
    best = tuple(accumulate(((cost(sizes, option), option) for option in options), min))
    return best[:1] + best


def cost(sizes: Sizes, substring: Substring) -> float:
    """Return the seconds that one substring takes: sorting, and comparing all buckets whose keys are close."""
    buckets = 2.0**substring.width
    visits = sizes.share * buckets * ball(substring.width, substring.threshold)
    rows, others = sizes.rows / buckets, sizes.hashes / buckets
    both = (1 - exp(-rows)) * (1 - exp(-others))
    # Poisson: a bucket of k hashes takes k / 8 vectors, and on average half a vector more.
    vectors = others / 8 + (1 - exp(-others)) / 2
    visit = EMPTY + both * MEETING + rows * vectors * sizes.vector
    tables = sizes.hashes + (sizes.queries or 0)
    return (SETUP + SORTING * tables * (1 + sizes.bits / 64) / 2 + visits * visit) * 1e-9


def ball(width: int, threshold: int) -> int:
    """Return how many words of ``width`` bits lie within ``threshold`` bits of one."""
    return sum(comb(width, differing) for differing in range(min(width, threshold) + 1))
