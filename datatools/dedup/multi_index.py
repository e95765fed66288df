"""The search as a plan says: sort by a substring, compare the buckets whose keys are close, go on with the next substring."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from datatools.dedup import scan, substrings
from datatools.dedup.plan import LOW, Plan, ball
from datatools.dedup.scan import LANES, Rule, Steps, Table
from datatools.dedup.search import Indices, Pairs, Words

BUFFER = 1 << 16  # pairs for which a piece of work has room at first, 0.5 MB
PIECES = 32  # of the work on one substring at most, so that threads end together
PIECE = 4e-3  # seconds of the whole search for each piece

Codes = NDArray[np.int64]
Columns = tuple[Words, ...]
Work = Callable[[int, int, Codes], int]


def search(queries: Words | None, hashes: Words, radius: int, plan: Plan, upper: bool, threads: int) -> Pairs:
    """Return the pairs within the radius.

    Args:
        queries: shape (Q, words), or None to search ``hashes`` among themselves.
        hashes: shape (N, words).
        upper: only pairs whose first row is less than the second.
        threads: of the compiled loops; they change no result.
    """
    right = columns(hashes)
    left = right if queries is None else columns(queries)
    room, pieces = _Room(BUFFER), min(PIECES, 1 + int(plan.cost / PIECE))
    with ThreadPoolExecutor(min(threads, pieces)) as pool:
        found = [
            codes
            for work, count in _passes(left, right, hashes, _rule(radius, left, right, upper), plan)
            for codes in pool.map(partial(room.run, work), *_ranges(count, pieces))
        ]
    codes = np.concatenate(found)
    found.clear()  # where pairs are many, they are what fills the memory
    codes.sort()
    first, second = codes >> 32, codes & (2**32 - 1)
    distance = np.empty(len(codes), dtype=np.int64)
    scan.distances(left, right, first, second, distance)
    return Pairs(first, second, distance)


def expected(queries: Words | None, hashes: Words, radius: int) -> float:
    """Return about how many pairs there are, from comparing the hashes of a sample: 0 where they are rare."""
    right = columns(substrings.sample(hashes))
    left = right if queries is None else columns(substrings.sample(queries))
    rule = _rule(radius, left, right, upper=False)
    rows, others = len(left[0]) - LANES, len(right[0]) - LANES
    count = scan.every(_unsorted(left), _unsorted(right), rule, 0, rows, np.empty(0, dtype=np.int64))
    scale = len(hashes) / others * (len(hashes) if queries is None else len(queries)) / rows
    return float(count * scale)


def columns(hashes: Words) -> Columns:
    """Return one array a word, with room for a whole vector after the last hash."""
    return tuple(np.concatenate([hashes[:, word], np.zeros(LANES, np.uint64)]) for word in range(hashes.shape[1]))


def steps(width: int, threshold: int) -> Steps:
    """Return the differences of keys of ``width`` bits in at most ``threshold`` of them."""
    bits = min(LOW, width)
    high, low = _words(width - bits, threshold), _words(bits, threshold)
    counts = [ball(bits, threshold - step.bit_count()) for step in high.tolist()]
    return Steps(high, low, np.array(counts, dtype=np.int64), bits)


def sort(columns: Columns, bits: Indices) -> Table:
    """Return the hashes in the order of the key that these bits make."""
    count = len(columns[0]) - LANES
    keys = np.empty(count, dtype=np.uint32)
    scan.take_keys(columns, substrings.tables(bits, len(columns)), keys)
    starts = np.zeros((1 << len(bits)) + 2, dtype=np.int32)
    table = Table(tuple(np.zeros_like(column) for column in columns), np.empty(count, dtype=np.int32), starts)
    scan.sort(columns, keys, table)
    return table


def _passes(left: Columns, right: Columns, hashes: Words, rule: Rule, plan: Plan) -> Iterator[tuple[Work, int]]:
    """Yield what is to be done one after the other, and how many parts each has."""
    if not plan.substrings:
        yield partial(scan.every, _unsorted(left), _unsorted(right), rule), len(left[0]) - LANES
        return
    dealt = substrings.deal(hashes, [width for width, _ in plan.substrings])
    for (width, threshold), bits in zip(plan.substrings, dealt, strict=True):
        table = sort(right, bits)
        ways = steps(width, threshold)
        yield partial(scan.join, table if rule.same else sort(left, bits), table, rule, ways), 1 << (width - ways.bits)
        masks = np.vstack([rule.masks, substrings.mask(bits, len(right))])
        rule = rule._replace(masks=masks, thresholds=np.append(rule.thresholds, threshold))


def _rule(radius: int, left: Columns, right: Columns, upper: bool) -> Rule:
    return Rule(radius, left is right, upper, np.empty((0, len(left)), np.uint64), np.empty(0, np.int64))


def _unsorted(columns: Columns) -> Table:
    count = len(columns[0]) - LANES
    return Table(columns, np.arange(count, dtype=np.int32), np.array([0, count], dtype=np.int32))


class _Room:
    """Room for the pairs that a piece of work finds: as many as the richest piece so far had."""

    def __init__(self, pairs: int) -> None:
        self.pairs = pairs

    def run(self, work: Work, first: int, last: int) -> Codes:
        buffer = np.empty(self.pairs, dtype=np.int64)
        count = work(first, last, buffer)
        if count > len(buffer):  # once more, now that the number is known; the next piece probably needs as much
            self.pairs = max(self.pairs, count)
            buffer = np.empty(count, dtype=np.int64)
            work(first, last, buffer)
        return buffer[:count].copy()


def _ranges(count: int, pieces: int) -> tuple[list[int], list[int]]:
    edges = np.unique(np.linspace(0, count, pieces + 1).astype(np.int64)).tolist()
    return edges[:-1], edges[1:]


def _words(width: int, most: int) -> Indices:
    """Return the words of ``width`` bits with at most ``most`` ones, those with fewer ones first."""
    sets = (places for ones in range(min(width, most) + 1) for places in combinations(range(width), ones))
    return np.array([sum(1 << place for place in places) for places in sets], dtype=np.int64)
