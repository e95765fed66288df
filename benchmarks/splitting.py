"""Splitting: speed and balance beside scikit-learn and the multi-label libraries, stability of a growing data set, and the audit.

scikit-learn's StratifiedGroupKFold divides into equal parts only: seven come nearest to .15, of which one is test and one val. The peers
for labels of several classes know no groups, so beside them every row is a group of its own. About two minutes on 2 cores.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import growth, manifests, peers, planted_leaks, shares, table
from benchmarks.table import Figure, Goal, Line, figure
from datatools.manifest import SPLITS
from datatools.split.fractions import Fractions
from datatools.split.given import Given
from datatools.split.labels import Labels
from datatools.split.stratified import Stratified

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Result = TypeVar("Result")

SIZES, QUICK_SIZES = ((20_000, 3_000, 0.1), (200_000, 60_000, 2.0)), ((20_000, 3_000, 0.1),)  # rows, groups, CPU-s
RUNS = 3
AIM, EQUAL = Fractions().as_tuple(), (5 / 7, 1 / 7, 1 / 7)
LABELLED, QUICK_LABELLED, CLASSES = 20_000, 5_000, 40
CLOSE = Goal("ours", "<=", 0.005)
FEW = 5  # rows of a group, on average


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    found: list[Line] = []
    for rows, groups, goal in QUICK_SIZES if quick else SIZES:
        found += by_class(rows, groups, goal)
    found += by_classes(QUICK_LABELLED if quick else LABELLED)
    return [*found, *growth.lines(quick), *planted_leaks.lines()]


def by_class(count: int, groups: int, seconds: float) -> Iterator[Line]:
    """Yield time and balance where a label is one class."""
    rows = manifests.grouped(count, groups, 0)
    spent, assigned = cpu(partial(Stratified(), rows, 0), RUNS)
    theirs, parts = cpu(partial(growth.stratified_group_k_fold, rows, 0), 1)
    ours, has = numbers(assigned.split), pd.get_dummies(rows["label"]).to_numpy(dtype=np.bool_)
    what = f"{count:,} rows in {groups:,} groups"
    yield Line(f"{what}, stratified, CPU-s; StratifiedGroupKFold", spent, theirs, Goal("ours", "<=", seconds))
    off, peer = (figure(shares.deviation(split, has, 3)) for split in (ours, parts))
    yield Line("  largest deviation of a class's share", off, peer, CLOSE)
    off, peer = figure(shares.examples(ours, AIM)), figure(shares.examples(parts, EQUAL))
    yield Line("  ED: how far a part's size is from its share, rows, mean", off, peer)


def by_classes(count: int) -> Iterator[Line]:
    """Yield time and balance where a label names several classes: a row at a time beside the peers, and whole groups."""
    has = manifests.labels(count, CLASSES, 0)
    single = manifests.multi_label(has, np.arange(count))
    rivals = multi_label_peers(has)
    spent, ours = several(single, pairs=False)
    what = f"{count:,} rows, {CLASSES} classes, {has.sum() / count:.1f} a row"
    for name, (seconds, split) in rivals.items() or {"peers left out": (None, None)}.items():
        yield from balance(f"{what}; {name}", has, (spent, ours), (seconds, split))
    spent, ours = several(single, pairs=True)
    yield from balance(f"{what}, pairs of classes too", has, (spent, ours), (None, None))
    group = np.random.default_rng(0).integers(0, count // FEW, count)
    yield from balance(
        f"{what}, in groups of {FEW}", has, several(manifests.multi_label(has, group), pairs=False), (None, None)
    )


def balance(
    what: str, has: Flags, ours: tuple[Figure, Integers], theirs: tuple[Figure | None, Integers | None]
) -> Iterator[Line]:
    """Yield time and the measures of :mod:`benchmarks.shares`."""
    yield Line(f"{what}: CPU-s", ours[0], theirs[0])
    measures: dict[str, tuple[Goal | None, Callable[[Integers], float]]] = {
        "largest deviation of a class's share": (CLOSE, lambda split: shares.deviation(split, has, 3)),
        "LD: mean difference of odds": (None, lambda split: shares.label_distribution(split, has, 3)),
        "ED, rows": (None, lambda split: shares.examples(split, AIM)),
        "FLZ: classes missing from a part": (None, lambda split: shares.without(split, has, 3)),
    }
    for name, (goal, of) in measures.items():
        yield Line(f"  {name}", figure(of(ours[1])), None if theirs[1] is None else figure(of(theirs[1])), goal)


def several(rows: pd.DataFrame, *, pairs: bool) -> tuple[Figure, Integers]:
    """Return CPU-seconds and the split of rows whose labels name several classes."""
    given = Given(labels=Labels(separator="|", pairs=pairs))
    spent, assigned = cpu(partial(Stratified(), rows, 0, given), RUNS)
    return spent, numbers(assigned.split)


def multi_label_peers(has: Flags) -> dict[str, tuple[Figure, Integers]]:
    """Return CPU-seconds and the split of each peer that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "has.npy"
        np.save(path, has)
        found = peers.run("stratifying", path, 0) or {}
    return {name: (figure(one["seconds"]), np.array(one["part"], dtype=np.int64)) for name, one in found.items()}


def numbers(split: NDArray[Any]) -> Integers:
    """Return 0, 1 and 2 for train, val and test."""
    return np.array([SPLITS.index(name) for name in split], dtype=np.int64)


def cpu(work: Callable[[], Result], runs: int) -> tuple[Figure, Result]:
    """Return the CPU-seconds of all threads, measured several times, and the result."""
    spent = []
    for _ in range(runs):
        started = time.process_time()
        result = work()
        spent.append(time.process_time() - started)
    return figure(*spent), result


if __name__ == "__main__":
    table.main("splitting", measure, ("numpy", "pandas", "scikit-learn"))
