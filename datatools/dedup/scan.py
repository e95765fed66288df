"""The compiled loops of the search. Everything compiled is in this file: numba's cache notices a change of the file it compiles only.

A table holds hashes by columns, one array a word, sorted so that those with one key (the value of some chosen bits) lie side by side:
a bucket. Two buckets are compared eight hashes at a time, in vector registers, against each hash of the other bucket.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

build: Any = cgutils  # has no types

LANES = 8  # hashes in one vector: 512 bits, which LLVM cuts up for processors with shorter registers
TILE = 256  # rows compared with a vector before its least distance is looked at
FAR = 1 << 20  # no distance


class Table(NamedTuple):
    """Hashes in the order of their keys.

    Attributes:
        columns: one array a word, uint64, N + LANES long: the last bucket is read in whole vectors too.
        rows: the row of each in the caller's order, int32, shape (N,).
        starts: bucket k is ``starts[k]:starts[k + 1]``, int32.
    """

    columns: Any
    rows: Any
    starts: Any


class Rule(NamedTuple):
    """Which pairs are wanted.

    Attributes:
        radius: bits.
        same: both tables are one, and a pair is unordered.
        upper: only pairs whose first row is less than the second.
        masks: the bits of the substrings already searched, uint64, shape (done, words).
        thresholds: how many of these bits may differ; a pair within one of them has been found already.
    """

    radius: Any
    same: Any
    upper: Any
    masks: Any
    thresholds: Any


class Steps(NamedTuple):
    """How keys may differ: every sum of a high and a low step that together change few enough bits.

    Attributes:
        high: steps of the key's high part.
        low: steps of its low part, those that change the fewest bits first.
        counts: how many low steps go with each high step.
        bits: width of the low part: its buckets stay in the processor's cache.
    """

    high: Any
    low: Any
    counts: Any
    bits: Any


def _least(_context: Any, columns: Any, _begin: Any, _end: Any, others: Any, _start: Any, _stop: Any) -> Any:
    """Return the least distance between hashes ``begin:end``, rounded up to whole vectors, and hashes ``start:stop`` of ``others``.

    Written in LLVM's own words, since neither its vectoriser nor numba makes one vector of eight sums that run side by side.
    """
    signature = types.int64(columns, types.int64, types.int64, others, types.int64, types.int64)
    long, vector = ir.IntType(64), ir.VectorType(ir.IntType(64), LANES)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        mine, begin, end, theirs, start, stop = values
        least = build.alloca_once_value(builder, ir.Constant(vector, [FAR] * LANES))
        with build.for_range_slice(builder, begin, end, ir.Constant(long, LANES), long) as (block, _):
            places = [_place(context, builder, columns, mine, word, block) for word in range(columns.count)]
            eight = [builder.load(builder.bitcast(place, vector.as_pointer()), align=8) for place in places]
            with build.for_range_slice(builder, start, stop, ir.Constant(long, 1), long) as (row, _):
                places = [_place(context, builder, others, theirs, word, row) for word in range(others.count)]
                distance = _differing(builder, eight, [builder.load(place) for place in places])
                before = builder.load(least)
                closer = builder.icmp_unsigned("<", distance, before)
                builder.store(builder.select(closer, distance, before), least)
        lowest = ir.FunctionType(long, [vector])
        name = f"llvm.vector.reduce.umin.v{LANES}i64"
        return builder.call(build.get_or_insert_function(builder.module, lowest, name), [builder.load(least)])

    return signature, generate


_nearest: Any = intrinsic(_least)


def _place(context: Any, builder: Any, columns: Any, value: Any, word: int, index: Any) -> Any:
    array = context.make_array(columns.dtype)(context, builder, builder.extract_value(value, word))
    return builder.gep(array.data, [index])


def _differing(builder: Any, eight: list[Any], one: list[Any]) -> Any:
    """Count the bits in which each of eight hashes, a vector a word, differs from one."""
    vector, short = eight[0].type, ir.IntType(32)
    nothing, everywhere = ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(short, LANES), [0] * LANES)
    name = f"llvm.ctpop.v{LANES}i64"
    count = build.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), name)
    distance = ir.Constant(vector, [0] * LANES)
    for many, single in zip(eight, one, strict=True):
        spread = builder.insert_element(nothing, single, ir.Constant(short, 0))
        spread = builder.shuffle_vector(spread, nothing, everywhere)
        distance = builder.add(distance, builder.call(count, [builder.xor(many, spread)]))
    return distance


def _count_ones(word: Any) -> Any:
    """Count the bits by adding neighbours in ever larger groups (Warren, Hacker's Delight, 5-1); LLVM knows it as popcnt."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


_ones = numba.njit(_count_ones)


@numba.njit(cache=True, nogil=True)
def distances(left: Any, right: Any, first: Any, second: Any, found: Any) -> None:
    """Fill ``found`` with the bits in which the hashes of each pair of rows differ; ``left`` and ``right`` are columns."""
    for pair in range(len(first)):
        found[pair] = _distance(left, first[pair], right, second[pair])


@numba.njit(forceinline=True)
def _distance(left: Any, one: Any, right: Any, other: Any) -> Any:
    distance = 0
    for word in range(len(left)):
        distance += _ones(left[word][one] ^ right[word][other])
    return distance


@numba.njit(cache=True, nogil=True)
def take_keys(columns: Any, tables: Any, keys: Any) -> None:
    """Fill ``keys`` with the chosen bits of each hash.

    Args:
        tables: what each value of each byte adds to the key, uint32, shape (8 x words, 256).
    """
    for row in range(len(keys)):
        key = np.uint32(0)
        for word in range(len(columns)):
            rest = columns[word][row]
            for byte in range(8):
                key |= tables[8 * word + byte, rest & np.uint64(255)]
                rest >>= np.uint64(8)
        keys[row] = key


@numba.njit(cache=True, nogil=True)
def sort(columns: Any, keys: Any, table: Any) -> None:
    """Fill ``table`` by a counting sort; ``table.starts`` holds zeros, one more than there are buckets, and one more again."""
    starts = table.starts
    for key in keys:
        starts[key + 2] += 1
    for bucket in range(1, len(starts)):
        starts[bucket] += starts[bucket - 1]
    for row in range(len(keys)):
        place = starts[keys[row] + 1]
        starts[keys[row] + 1] += 1  # ends as the start of the next bucket
        table.rows[place] = row
        for word in range(len(columns)):
            table.columns[word][place] = columns[word][row]


@numba.njit(cache=True, nogil=True)
def join(left: Any, right: Any, rule: Any, steps: Any, first: Any, last: Any, buffer: Any) -> Any:
    """Compare all buckets whose keys are a step apart, for high parts of the left key from ``first`` to ``last``.

    Returns:
        How many pairs were found. As many as have room are in ``buffer``, int64: first row x 2**32 + second row.
    """
    filled, size = 0, 1 << steps.bits
    for high in range(first, last):
        for index in range(len(steps.high)):
            other = high ^ steps.high[index]
            if rule.same and other < high:
                continue
            for turn in range(steps.counts[index]):
                for low in range(size):
                    one, two = high * size + low, other * size + (low ^ steps.low[turn])
                    begin, end = left.starts[one], left.starts[one + 1]
                    start, stop = right.starts[two], right.starts[two + 1]
                    if begin == end or start == stop or (rule.same and two < one):
                        continue
                    itself = rule.same and one == two
                    # Few buckets hold a pair, and a call costs more than looking: it hands over every field of every array.
                    if itself or _nearest(right.columns, start, stop, left.columns, begin, end) <= rule.radius:
                        filled = _compare(left, begin, end, right, start, stop, rule, buffer, filled)
    return filled


@numba.njit(cache=True, nogil=True)
def every(left: Any, right: Any, rule: Any, first: Any, last: Any, buffer: Any) -> Any:
    """Compare the left hashes from ``first`` to ``last`` with all right ones, which are one bucket; return as :func:`join`."""
    return _compare(left, first, last, right, 0, right.starts[1], rule, buffer, 0)


@numba.njit
def _compare(
    left: Any, begin: Any, end: Any, right: Any, start: Any, stop: Any, rule: Any, buffer: Any, filled: Any
) -> Any:
    inside = rule.same and start <= begin < stop  # of one table, two buckets are the same or have nothing in common
    for row in range(begin, end, TILE):
        for block in range(row if inside else start, stop, LANES):
            after = min(row + TILE, end, block + LANES) if inside else min(row + TILE, end)
            if _nearest(right.columns, block, block + LANES, left.columns, row, after) <= rule.radius:
                last = min(block + LANES, stop)
                filled = _keep(left, row, after, right, block, last, rule, inside, buffer, filled)
    return filled


@numba.njit
def _keep(
    left: Any, row: Any, after: Any, right: Any, block: Any, last: Any, rule: Any, inside: Any, buffer: Any, filled: Any
) -> Any:
    for one in range(row, after):
        if _nearest(right.columns, block, block + LANES, left.columns, one, one + 1) <= rule.radius:
            for other in range(max(block, one + 1) if inside else block, last):
                if _is_new(left.columns, one, right.columns, other, rule):
                    filled = _append(left.rows[one], right.rows[other], rule, buffer, filled)
    return filled


@numba.njit(forceinline=True)
def _is_new(left: Any, one: Any, right: Any, other: Any, rule: Any) -> Any:
    if _distance(left, one, right, other) > rule.radius:
        return False
    for done in range(len(rule.thresholds)):
        differing = 0
        for word in range(len(left)):
            differing += _ones((left[word][one] ^ right[word][other]) & rule.masks[done, word])
        if differing <= rule.thresholds[done]:
            return False
    return True


@numba.njit(forceinline=True)
def _append(one: Any, other: Any, rule: Any, buffer: Any, filled: Any) -> Any:
    first, second = np.int64(one), np.int64(other)
    if rule.same:
        first, second = min(first, second), max(first, second)
    elif rule.upper and first >= second:
        return filled
    if filled < len(buffer):
        buffer[filled] = (first << 32) | second
    return filled + 1
