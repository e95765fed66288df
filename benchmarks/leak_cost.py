"""What a leak costs: the same real images split at random by image and by groups, and the accuracy that each of the two splits reports.

A quarter of the true units (sittings, glyphs, photos), drawn at random, is put aside first, as what comes after the model is built. The
rest is split .7, .15 and .15 twice: by scikit-learn at random with the classes' shares kept, and by ``stratified`` with the clusters that
deduplicate finds and, where a user knows the units, these as ``group_id``. On each a linear probe on frozen features is fitted, chosen
and tested as the pipeline does it, then tried on what was put aside (planted copies apart). What a split reports beyond that is its
optimism.

A seed draws everything anew, but from the same images, so results of seeds are not independent. The intervals are those of Nadeau and
Bengio (Inference for the generalization error, Machine Learning 52, 2003, section 4): Student's t with the variance of the mean taken as
(1 / seeds + test / train) times that over the seeds. About ten minutes on 2 cores.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import train_test_split

from benchmarks import leak_sets, photos, table
from benchmarks.denoise_transfer import Seen
from benchmarks.leak_sets import Collection, Names, Rows
from benchmarks.table import Goal, Line, figure
from datatools import seeds
from datatools.split.fractions import Fractions
from datatools.split.groups import find
from datatools.split.stratified import Stratified
from finetune import backbones, probe
from finetune.backbones import BackboneSettings

Values = NDArray[np.float64]

GRID, QUICK_GRID = (0.0003, 0.001, 0.003, 0.01, 0.03), (0.01,)
SEEDS, QUICK_SEEDS = 12, 3
LATER = 0.25  # share of rows that is put aside, at most
PARTS = Fractions()
ENDS = ("low end of its 95 % interval", "high end")


class Outcome(NamedTuple):
    """Accuracies of one seed: on the split's own test rows, and of the same probe on what was put aside."""

    reported: float
    new: float


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines of the sets that are there."""
    photos.STORE.mkdir(exist_ok=True)
    found: list[Line] = []
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        seen = Seen(backbones.build(BackboneSettings()))
        size = leak_sets.QUICK if quick else leak_sets.FULL
        for known in leak_sets.collections(size, Path(folder), seen):
            count, grid = (QUICK_SEEDS, QUICK_GRID) if quick else (SEEDS, GRID)
            found += lines(known, count, grid, judged=not quick)
    return found


def lines(known: Collection, count: int, grid: Sequence[float], *, judged: bool = True) -> Iterator[Line]:
    """Yield the lines of a set: with what deduplicate finds alone and, where the units are known, with these.

    Args:
        judged: whether the goals hold; a few seeds prove nothing either way.
    """
    planted = not known.original.all()
    if planted:
        yield Line(f"{known.name}: share of copies in their original's cluster", figure(found_copies(known)))
    ways = ways_of(known)
    random = outcomes(known, at_random, count, grid)
    for name, way in ways.items():
        goals = judged and planted and way is list(ways.values())[-1]
        both = outcomes(known, way, count, grid), random
        yield from beside(f"{known.name}; {name}", known.unit, both, goals=goals)


Way = Callable[[Collection, Rows, int], Names]  # from a set, the rows to split and the seed to the split of each row


def ways_of(known: Collection) -> dict[str, Way]:
    """Return how this project would split the set, the best way last."""
    ways: dict[str, Way] = {"clusters alone": partial(by_group, told=False)}
    if known.told:
        ways["clusters and groups"] = partial(by_group, told=True)
    # Without copies the clusters of photos of one thing are few, and splitting by them alone is splitting at random.
    return ways if not known.original.all() else dict(list(ways.items())[-1:])


def found_copies(known: Collection) -> float:
    """Return the share of planted copies that share a cluster with their original."""
    home = dict(zip(known.things[known.original], known.clusters[known.original], strict=True))
    there = np.array([home[thing] for thing in known.things], dtype=object)
    return float((there == known.clusters)[~known.original].mean())


def outcomes(known: Collection, way: Way, count: int, grid: Sequence[float]) -> list[Outcome]:
    """Put aside, split, fit and test with each seed."""
    found = []
    for seed in range(count):
        rest = put_aside(known, seed)
        found.append(outcome(known, rest, way(known, rest, seed), grid))
    return found


def put_aside(known: Collection, seed: int) -> Rows:
    """Return which rows are left when units are drawn, whatever their size, and put aside with all that deduplicate ties to them.

    Not by one of the strategies: these balance sizes and classes, so that what is put aside would be no sample of the units.
    """
    rows = _rows(known, np.ones(len(known.labels), np.bool_), known.things)
    groups = find(rows)
    order = seeds.generator(seed, "put aside").permutation(len(groups.keys))
    filled = np.cumsum(groups.sizes()[order]) / len(rows)
    return np.isin(groups.of_row, order[filled > LATER])


def by_group(known: Collection, rest: Rows, seed: int, *, told: bool) -> Names:
    """Return the split of the rows that are left, None for the others: ours."""
    groups = known.things if told else np.full(len(rest), None, dtype=object)
    split = np.full(len(rest), None, dtype=object)
    split[rest] = Stratified(fractions=PARTS)(_rows(known, rest, groups), seed).split
    return split


def at_random(known: Collection, rest: Rows, seed: int) -> Names:
    """Return the split of the rows that are left, None for the others: image by image, classes in equal shares."""
    split = np.full(len(rest), None, dtype=object)
    learn, test = train_test_split(
        np.flatnonzero(rest), test_size=PARTS.test, random_state=seed, stratify=known.labels[rest]
    )
    share = PARTS.val / (1 - PARTS.test)
    train, val = train_test_split(learn, test_size=share, random_state=seed, stratify=known.labels[learn])
    split[train], split[val], split[test] = "train", "val", "test"
    return split


def _rows(known: Collection, chosen: Rows, groups: Names) -> pd.DataFrame:
    ids = np.array([f"{place:064x}" for place in range(len(chosen))], dtype=object)
    columns = {"image_id": ids, "label": known.labels, "cluster_id": known.clusters, "group_id": groups}
    return pd.DataFrame({name: pd.Series(values[chosen], dtype=object) for name, values in columns.items()})


def outcome(known: Collection, rest: Rows, split: Names, grid: Sequence[float]) -> Outcome:
    """Fit on train, choose on val, and return what the probe gets right on test and on what was put aside."""
    train, val, test = (np.asarray(split == name, dtype=np.bool_) for name in ("train", "val", "test"))
    fitted = probe.fit(known.features, list(known.labels), train, val, grid)
    classes = np.array(fitted.classes, dtype=object)

    def accuracy(rows: Rows) -> float:
        answers = classes[fitted.probabilities(known.features[rows]).argmax(axis=1)]
        return float((answers == known.labels[rows]).mean())

    return Outcome(accuracy(test), accuracy(~rest & known.original))


def beside(what: str, unit: str, found: tuple[list[Outcome], list[Outcome]], *, goals: bool) -> Iterator[Line]:
    """Yield what ours and the random split report beside what their probes reach later."""
    ours, random = (np.array(one, dtype=np.float64) for one in found)
    yield Line(f"{what}: test accuracy reported; by the random split", figure(*ours[:, 0]), figure(*random[:, 0]))
    yield Line(f"  accuracy of the same probes on new {unit}s", figure(*ours[:, 1]), figure(*random[:, 1]))
    yield Line("  share of the error that is not reported", figure(_hidden(ours)), figure(_hidden(random)))
    honest, leaky = (interval(100 * (values[:, 0] - values[:, 1])) for values in (ours, random))
    for end, one, other in zip(("mean", *ENDS), honest, leaky, strict=True):
        yield Line(f"  optimism, points: {end}", figure(one), figure(other))
    for end, one in zip(("mean", *ENDS), interval(100 * (random[:, 0] - ours[:, 0])), strict=True):
        yield Line(f"  reported by the random split less reported by ours, points: {end}", figure(one))
    if goals:
        what = "  optimism of the random split beyond chance, points"
        yield Line(what, figure(leaky.low), goal=Goal("ours", ">", 0))
        what = "  optimism of ours, either way, beyond chance, points"
        yield Line(what, figure(honest.beyond), goal=Goal("ours", "<=", 0))


class Interval(NamedTuple):
    """A mean and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def beyond(self) -> float:
        """Return how far 0 lies outside."""
        return max(self.low, -self.high, 0.0)


def interval(values: Values, share: float = PARTS.test / PARTS.train) -> Interval:
    """Return the interval of the mean of one value per seed; ``share`` is test rows over train rows."""
    variance = (1 / len(values) + share) * values.var(ddof=1)
    half = float(stats.t.ppf(0.975, len(values) - 1) * np.sqrt(variance))
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half)


def _hidden(values: Values) -> float:
    """Return by which share of itself the error on new units is understated, over all seeds together."""
    reported, new = 1 - values.mean(axis=0)
    return float(1 - reported / new)


if __name__ == "__main__":
    table.main("leak_cost", measure, ("numpy", "scikit-learn", "timm", "torch"))
