"""What fine-tuning is worth: beside fastai and timm at equal compute, beside its own probe, and beside the same network from scratch.

Equal compute: EfficientNet-Lite0 with the packaged weights on the same decoded photos of 128 x 128 pixels, on CPUs, 60 CPU-seconds of one
process and one thread for the small sets, 300 for the hands and 560 for all of clothing, from decoded pixels to the last step. The peers
take as many epochs as fit into it (``benchmarks/peers/tuning_fastai.py``, ``tuning_timm.py``), ours its default settings
(``benchmarks/tuning_ours.py``), whose frozen features, probe and guard count. The full run takes about three hours on 2 cores; what it has
measured is kept in ``.toolkit/``, so a run that was broken off goes on.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import photos, table, tuning, tuning_sets
from benchmarks.leak_cost import Interval, interval
from benchmarks.table import Figure, Goal, Line, figure
from benchmarks.tuning import Result

SEEDS, PEER_SEEDS = 5, 5  # ours alone; beside the peers
FEWER = {"clothing, all labels per class": (2, 2), "sign digits, by sitting": (5, 4)}  # of both, to save hours
SCRATCH = {
    "clothing, 5 labels per class": 2,
    "clothing, all labels per class": 1,
}  # seeds; a run from scratch trains all layers

Values = NDArray[np.float64]


class Run(NamedTuple):
    """What all who took part reached on one seed of one set; the names of those that are missing are missing."""

    name: str
    seed: int
    results: dict[str, Result]

    def accuracy(self, who: str) -> float:
        """Return the share of right test answers."""
        own, key = ("ours", "probe_right") if who == "probe" else (who, "right")
        return float(np.mean(self.results[own][key]))

    def seconds(self, who: str) -> float:
        """Return the CPU-seconds of training."""
        return float(self.results[who]["seconds"])


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines of the sets that are there."""
    runs = collect(quick)
    return [*beside_peers(runs, judged=not quick), *beside_probe(runs, judged=not quick), *beside_scratch(runs)]


def collect(quick: bool) -> list[Run]:
    """Return all runs: those that are kept, and new ones for the rest."""
    photos.STORE.mkdir(exist_ok=True)
    there, found = tuning.peers(), []
    settings = {"epochs": 2, "steps": 20, "views": {"count": 2}} if quick else {}
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        for draw in tuning_sets.draws(1 if quick else SEEDS, Path(folder), quick):
            most, beside = FEWER.get(draw.name, (SEEDS, PEER_SEEDS))
            if draw.seed >= most:
                continue
            others = there if draw.seed < beside else ()
            alone = ("scratch",) if draw.seed < SCRATCH.get(draw.name, 0) and not quick else ()
            results = tuning.results(draw, ("ours", *others, *alone), settings, again=not quick)
            found.append(Run(draw.name, draw.seed, {one: result for one, result in results.items() if result}))
    return found


def beside_peers(runs: Sequence[Run], *, judged: bool) -> Iterator[Line]:
    """Yield accuracies and CPU-seconds per set beside each peer, and the mean difference over the sets.

    Args:
        judged: whether the goal holds; one seed proves nothing either way.
    """
    for peer in tuning.PEERS:
        both = [run for run in runs if {"ours", peer} <= run.results.keys()]
        means = []
        for name, group in by_set(both):
            ours, theirs = (np.array([run.accuracy(who) for run in group]) for who in ("ours", peer))
            means.append(float((ours - theirs).mean()))
            version = group[0].results[peer]["versions"][peer]
            yield Line(f"{name}: test accuracy; {peer} {version}", figure(*ours), figure(*theirs))
            yield from _difference(f"  ours less {peer}, points", 100 * (ours - theirs))
            yield Line("  CPU-seconds of training", _seconds(group, "ours"), _seconds(group, peer))
        if means:
            yield from _over_sets(peer, 100 * np.array(means), judged=judged)


def _over_sets(peer: str, means: Values, *, judged: bool) -> Iterator[Line]:
    goal = Goal("ours", ">", 0.0) if judged else None
    yield Line(f"ours less {peer}, points, mean over {len(means)} sets", figure(float(means.mean())), goal=goal)
    yield from _difference("  of each set", means)


def beside_probe(runs: Sequence[Run], *, judged: bool) -> Iterator[Line]:
    """Yield what the guard promises: on val never below the probe; and what that is worth on test."""
    ours = [run for run in runs if "ours" in run.results]
    if not ours:
        return
    below = sum(run.results["ours"]["val"] < run.results["ours"]["probe_val"] for run in ours)
    yield Line(f"runs of {len(ours)} in which val is below the probe", figure(below), goal=Goal("ours", "<=", 0.0))
    for name, group in by_set(ours):
        tuned, probe = (np.array([run.accuracy(who) for run in group]) for who in ("ours", "probe"))
        yield Line(f"{name}: test accuracy; its probe", figure(*tuned), figure(*probe))
        yield from _difference("  delivered less probe, points", 100 * (tuned - probe))
        if judged and len(group) > 1:
            high = interval(100 * (tuned - probe), share=0.0).high
            yield Line("  high end of that interval", figure(high), goal=Goal("ours", ">=", 0.0))


def beside_scratch(runs: Sequence[Run]) -> Iterator[Line]:
    """Yield what pretraining is worth after equally many epochs."""
    above = Goal("ratio", ">", 1.0)
    for name, group in by_set([run for run in runs if {"ours", "scratch"} <= run.results.keys()]):
        values = {who: figure(*(run.accuracy(who) for run in group)) for who in ("ours", "probe", "scratch")}
        yield Line(f"{name}: test accuracy; from scratch", values["ours"], values["scratch"], above)
        yield Line(f"{name}: test accuracy, probe; from scratch", values["probe"], values["scratch"], above)
        yield Line("  CPU-seconds of training", _seconds(group, "ours"), _seconds(group, "scratch"))


def by_set(runs: Sequence[Run]) -> Iterator[tuple[str, list[Run]]]:
    """Yield the runs of each set, in the order in which they come."""
    for name in dict.fromkeys(run.name for run in runs):
        yield name, [run for run in runs if run.name == name]


def _difference(what: str, values: Values) -> Iterator[Line]:
    if len(values) > 1:
        found: Interval = interval(values, share=0.0)
        what = f"{what}; mean {found.mean:+.1f}, 95 % interval {found.low:+.1f} to {found.high:+.1f}"
    yield Line(what, figure(*values))


def _seconds(runs: Sequence[Run], who: str) -> Figure:
    return figure(*(run.seconds(who) for run in runs))


if __name__ == "__main__":
    table.main("finetune", measure, ("numpy", "scikit-learn", "timm", "torch"))
