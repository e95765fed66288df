"""Finding all near pairs of hashes: time, growth, memory and recall, beside faiss and imagededup, on random hashes and on those of photos.

The real hashes are pHash and dHash of the clothing photos beside the project, where they are: 3,781 photos and 25 crops of each (a side of
30 to 80 % of the photo's, anywhere), so 98,306 pictures with the statistics of photos. The full run takes about five minutes on 2 cores.
"""

import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import peers, table
from benchmarks.table import Figure, Goal, Line, figure
from datatools import fingerprints, seeds
from datatools.dedup import plan, search, substrings
from datatools.dedup.search import Pairs, Words
from datatools.fingerprints import Fingerprint

CLOTHING = Path("../shared/data/clothing")
PLANTED = 1000  # pairs for each distance
QUERIES = 2000
BRUTE = 20_000
RUNS = 3
SLOWEST = {"brute_force_cython": 10_000, "bktree": 2000}


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines; what is compiled has been compiled before the first of them."""
    for words in (1, 2):
        search.pairs(random(BRUTE, words), 8)
    search.matches(random(BRUTE, 2)[::-1], random(BRUTE, 2), 8, upper=True)
    large = 200_000 if quick else 1_000_000
    lines = [
        *pairs_of_random(large),
        *exactness(),
        *growth((20_000, 60_000, 200_000) if quick else (10**5, 10**6, 10**7)),
    ]
    lines += [longer(count) for count in ((50_000,) if quick else (100_000, 1_000_000))]
    lines += imagededup({"brute_force_cython": 2000} if quick else SLOWEST)
    return [*lines, *real(40 if quick else None)]


def pairs_of_random(count: int) -> Iterator[Line]:
    """Measure one large set: time, memory, and whether what was planted is found."""
    hashes, planted = with_planted(random(count), 10)
    seconds, found = cpu(partial(search.pairs, hashes, 10))
    peer = faiss(hashes, 10)
    what = f"all pairs within 10 bits, {count:,} random 64-bit hashes, CPU-s"
    scaled = Figure((peer["seconds"] * count / QUERIES,)) if peer else None
    note = f" (faiss exact flat: {QUERIES:,} queries, times N / {QUERIES:,})" if peer else ""
    yield Line(what + note, seconds, scaled, Goal("ours", "<=", 12))
    yield Line("the same within 8 bits, CPU-s", cpu(partial(search.pairs, hashes, 8))[0])
    yield Line("memory beyond the hashes, MB", figure(memory(hashes, 10)), goal=Goal("ours", "<=", 100))
    recall = np.isin(planted, codes(found)).mean()
    yield Line(f"recall of {len(planted):,} pairs planted at 0 to 10 bits", figure(recall), goal=Goal("ours", ">=", 1))
    if peer:
        ours = int((found.first < QUERIES).sum())
        yield Line(f"pairs of the first {QUERIES:,} hashes; faiss", figure(ours), figure(peer["pairs"]))


def exactness() -> Iterator[Line]:
    """Compare with every pair compared by numpy."""
    hashes, _ = with_planted(random(BRUTE), 10)
    wanted, found = brute_force(hashes, 10), codes(search.pairs(hashes, 10))
    what = f"{BRUTE:,} hashes, {len(wanted):,} pairs by brute force: "
    yield Line(f"{what}recall", figure(np.isin(wanted, found).mean()), goal=Goal("ours", ">=", 1))
    yield Line(f"{what}pairs too many", figure(len(found) - np.isin(found, wanted).sum()), goal=Goal("ours", "<=", 0))


def growth(counts: Sequence[int]) -> Iterator[Line]:
    """Fit CPU-seconds = a N ** b within 8 bits."""
    spent = []
    for count in counts:
        hashes = random(count)
        spent.append(cpu(partial(search.pairs, hashes, 8))[0])
        cut = plan.choose(plan.Sizes(count, None, 64), 8).substrings
        yield Line(f"within 8 bits, {count:,} hashes, {len(cut)} substrings of {bits(cut)} bits, CPU-s", spent[-1])
    exponent = np.polyfit(np.log(counts), np.log([one.middle for one in spent]), 1)[0]
    yield Line(f"exponent of N, {counts[0]:,} to {counts[-1]:,}", figure(exponent), goal=Goal("ours", "<=", 1.3))


def longer(count: int) -> Line:
    """Measure two hashes of 64 bits together, as the product searches by default."""
    hashes = random(count, 2)
    cut = plan.choose(plan.Sizes(count, None, 128), 24).substrings
    what = f"within 24 of 128 bits, {count:,} hashes, {len(cut)} substrings of {bits(cut)} bits, CPU-s"
    return Line(what, cpu(partial(search.pairs, hashes, 24))[0])


def imagededup(methods: dict[str, int]) -> Iterator[Line]:
    """Measure beside imagededup's searches, each at a number of hashes for which it ends."""
    for method, count in methods.items():
        hashes, _ = with_planted(random(count), 10, PLANTED // 50)
        with saved(hashes) as path:
            peer = peers.run("search_imagededup", path, 10, method)
        if peer:
            seconds, found = cpu(partial(search.pairs, hashes, 10))
            what = f"within 10 bits, {count:,} hashes, CPU-s; imagededup {method}"
            yield Line(what, seconds, figure(peer["seconds"]), Goal("ratio", "<=", 0.1))
            yield Line("pairs found", figure(len(found.first)), figure(peer["pairs"]))


def real(photos: int | None) -> Iterator[Line]:
    """Measure on the hashes of photos: how much more often their substrings agree than random ones, and what that costs."""
    prints = crops(photos)
    if not prints:
        print(f"real hashes: left out; {CLOTHING} is not there")
        return
    turned = np.stack([np.column_stack(one[:2]) for one in prints], axis=1)  # (8, N, 2)
    hashes, count = turned[0], len(prints)
    cut = (
        plan.choose(plan.Sizes(count, None, 128), 24).substrings
        or plan.cut(plan.Sizes(10**5, None, 128), 24, 10).substrings
    )
    widths = [one.width for one in cut]
    in_order = np.split(np.arange(sum(widths)), np.cumsum(widths)[:-1])
    dealt = substrings.deal(hashes, widths)
    what = f"{count:,} pictures, {len(cut)} substrings of {bits(cut)} of 128 bits: agreeing within the threshold, times chance"
    yield Line(f"{what}; bits in order", figure(*factors(hashes, in_order, cut)))
    yield Line(f"{what}; bits dealt by correlation", figure(*factors(hashes, dealt, cut)))
    seconds, found = cpu(partial(search.pairs, hashes, 24))
    yield Line(
        f"within 24 of 128 bits, {count:,} pictures ({len(found.first):,} pairs), CPU-s; random hashes",
        seconds,
        longer(count).ours,
    )
    every = cpu(lambda: [search.matches(queries, hashes, 24, upper=True) for queries in turned[1:]])[0]
    yield Line("the seven other orientations, CPU-s", every)


def factors(hashes: Words, groups: Sequence[substrings.Bits], cut: Sequence[plan.Substring]) -> list[float]:
    """Return for each substring how often two pictures agree in it within its threshold, over how often random bits do."""
    rng = seeds.generator(0, "benchmark", "search", "factors")
    one, other = rng.integers(0, len(hashes), (2, 500_000))
    differing = (hashes[one] ^ hashes[other])[one != other]
    found = []
    for bits_, (width, threshold) in zip(groups, cut, strict=True):
        close = np.bitwise_count(differing & substrings.mask(bits_, 2)).sum(axis=1) <= threshold
        found.append(float(close.mean()) * 2.0**width / plan.ball(width, threshold))
    return found


def crops(photos: int | None) -> list[Fingerprint]:
    """Return the fingerprints of the clothing photos (of so many of them) and of 25 crops of each."""
    found = []
    for path in sorted(CLOTHING.glob("*/*.jpg"))[:photos]:
        grey = np.asarray(Image.open(path).convert("L"))
        rng = seeds.generator(0, "benchmark", "search", path.name)
        found.append(fingerprints.fingerprint(fingerprints.plane(grey)))
        for _ in range(25):
            height, width = (np.array(grey.shape) * rng.uniform(0.3, 0.8)).astype(int)
            top, left = rng.integers(0, grey.shape[0] - height + 1), rng.integers(0, grey.shape[1] - width + 1)
            crop = np.ascontiguousarray(grey[top : top + height, left : left + width])
            found.append(fingerprints.fingerprint(fingerprints.plane(crop)))
    return found


def random(count: int, words: int = 1) -> Words:
    """Return hashes of random bits, shape (count, words)."""
    return seeds.generator(0, "benchmark", "search", count).integers(0, 2**64, (count, words), dtype=np.uint64)


def with_planted(hashes: Words, radius: int, each: int = PLANTED) -> tuple[Words, search.Indices]:
    """Return the hashes with copies of some written over others, ``each`` at every distance up to the radius, and the pairs' codes."""
    rng = seeds.generator(0, "benchmark", "search", "planted")
    each = min(each, len(hashes) // (4 * radius))
    rows = rng.permutation(len(hashes))[: 2 * each * (radius + 1)].reshape(2, -1)
    hashes = hashes.copy()
    for row, copy, distance in zip(*rows, np.arange(rows.shape[1]) % (radius + 1), strict=True):
        flipped = sum(1 << int(bit) for bit in rng.permutation(64)[:distance])
        hashes[copy] = hashes[row] ^ np.uint64(flipped)
    return hashes, rows.min(axis=0) << 32 | rows.max(axis=0)


def brute_force(hashes: Words, radius: int) -> search.Indices:
    """Return the codes of all pairs within the radius."""
    found = []
    for row in range(len(hashes) - 1):
        distance = np.bitwise_count(hashes[row + 1 :] ^ hashes[row]).sum(axis=1)
        found.append((row << 32) + row + 1 + np.flatnonzero(distance <= radius))
    return np.concatenate(found)


def codes(pairs: Pairs) -> search.Indices:
    """Return one number a pair."""
    return pairs.first << 32 | pairs.second


def bits(cut: Sequence[plan.Substring]) -> str:
    """Return the widths of substrings as text."""
    low, high = min((one.width for one in cut), default=0), max((one.width for one in cut), default=0)
    return str(low) if low == high else f"{low} to {high}"


def cpu(work: Callable[[], Any]) -> tuple[Figure, Any]:
    """Return the CPU-seconds of all threads, measured ``RUNS`` times, and the result."""
    spent = []
    for _ in range(RUNS):
        started = time.process_time()
        result = work()
        spent.append(time.process_time() - started)
    return figure(*spent), result


def memory(hashes: Words, radius: int) -> float:
    """Return the most that a search allocates, in MB: the hashes are there before, the pairs found count."""
    tracemalloc.start()
    search.pairs(hashes, radius)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def faiss(hashes: Words, radius: int) -> dict[str, Any] | None:
    """Run faiss on some of the hashes as queries."""
    with saved(hashes) as path:
        return peers.run("search_faiss", path, QUERIES, radius)


@contextmanager
def saved(hashes: Words) -> Iterator[Path]:
    """Give the path of a file with the hashes, for a peer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hashes.npy"
        np.save(path, hashes)
        yield path


if __name__ == "__main__":
    table.main("search", measure, ("numba", "numpy"))
