"""Intervals: how often they hold the truth where images come in groups, and what scoring 100,000 images costs.

The peer of each line is what is usual: the same interval over images as if they were independent, or the percentile bootstrap. Photos of
one thing share their errors, and every truth is known, since the answers are drawn. About five minutes on 2 cores.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks import table
from benchmarks.table import Goal, Line, figure
from datatools import seeds
from datatools.evaluate import calibration, confusion, precision_recall, resample, resampled, roc, scores
from datatools.evaluate.intervals import Estimate, percentile
from datatools.evaluate.outcomes import Outcomes, from_table
from datatools.evaluate.scores import Intervals
from datatools.evaluate.shares import share, simultaneous

Floats = NDArray[np.float64]

TRIALS, QUICK_TRIALS = 1000, 100
ACCURACY = 0.75
HOLDS = Goal("ours", ">=", 0.92)  # of intervals that promise .95; 1,000 trials know a share within .014
CLASSES = ("cat", "dog", "emu")
METRICS = ("macro_f1", "log_loss", "brier", "macro_roc_auc", "macro_pr_auc")


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    trials = QUICK_TRIALS if quick else TRIALS
    lines = [*of_shares(trials), *of_metrics(trials // 2), *of_errors(trials // 2), of_worst(trials)]
    # A hundred trials do not know a share well enough for a goal.
    return [*(replace(line, goal=None) if quick else line for line in lines), *costs(quick)]


def of_shares(trials: int) -> Iterator[Line]:
    """Yield how often an accuracy's interval holds it, beside that over images and the percentile bootstrap over groups."""
    for things, shared in ((8, 0.6), (15, 0.1), (15, 0.6), (60, 0.6)):
        held = np.array([_share(np.random.default_rng(seed), things, shared) for seed in range(trials)]).mean(axis=0)
        what = f"accuracy, {things} things of 3-8 photos, correlation {shared}"
        yield Line(f"{what}; over images", figure(held[0]), figure(held[1]), HOLDS)
        yield Line("  percentile bootstrap over things", figure(held[0]), figure(held[2]))


def _share(rng: np.random.Generator, things: int, shared: float) -> tuple[bool, bool, bool]:
    group = np.repeat(np.arange(things), rng.integers(3, 9, things))
    weight = (1 - shared) / shared
    hits = rng.random(len(group)) < rng.beta(ACCURACY * weight, (1 - ACCURACY) * weight, things)[group]
    sums = np.column_stack([np.bincount(group, weights=hits), np.bincount(group)]).astype(np.int64)
    drawn = resample.totals(csr_array(sums), 1000, rng)
    bootstrap = percentile(float(hits.mean()), drawn[:, 0] / drawn[:, 1], len(hits))
    return (
        holds(share(hits, group), ACCURACY),
        holds(share(hits, np.arange(len(hits))), ACCURACY),
        holds(bootstrap, ACCURACY),
    )


def holds(found: Estimate, truth: float) -> bool:
    """Return whether an interval holds the truth."""
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


def of_metrics(trials: int) -> Iterator[Line]:
    """Yield how often the intervals of averages, losses and areas hold what a very large set has, beside those over images."""
    whole = _figures(_answers(np.random.default_rng(0), 40_000), 100)
    held = []
    for seed in range(trials):
        sample = _answers(np.random.default_rng([1, seed]), 60)
        sides = (_figures(each, 1000) for each in (sample, replace(sample, group=np.arange(len(sample)))))
        held.append([[holds(side[name], whole[name].value or 0.0) for name in METRICS] for side in sides])
    for name, (ours, theirs) in zip(METRICS, np.mean(held, axis=0).T, strict=True):
        yield Line(f"{name}, 60 things of 5 photos; over images", figure(ours), figure(theirs), HOLDS)


def _answers(rng: np.random.Generator, things: int) -> Outcomes:
    """Return answers to five photos of each thing: what is hard about a thing is hard in all of them."""
    group = np.repeat(np.arange(things), 5)
    truth = rng.integers(0, 3, things)[group]
    noise = 1.3 * rng.normal(size=(things, 3))[group] + 0.5 * rng.normal(size=(len(group), 3))
    return outcomes(softmax(1.2 * np.eye(3)[truth] + noise), np.array(CLASSES)[truth], CLASSES, group)


def outcomes(
    probabilities: Floats, labels: NDArray[np.str_], classes: tuple[str, ...], group: NDArray[np.intp]
) -> Outcomes:
    """Return answers with these probabilities."""
    rows = {
        "image_id": [hashlib.sha256(str(row).encode()).hexdigest() for row in range(len(labels))],
        "domain": "default",
        "label": labels,
        "predicted": np.array(classes)[probabilities.argmax(axis=1)],
        "probabilities": list(probabilities),
        "cluster_id": group.astype(str),
    }
    return from_table(pd.DataFrame(rows), classes, "drawn")


def softmax(logits: Floats) -> Floats:
    """Return probabilities."""
    return np.asarray(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), dtype=np.float64)


def _figures(of: Outcomes, draws: int) -> dict[str, Estimate]:
    found = resampled.scores(of, None, draws, seeds.generator(0, "intervals"))
    return {**found, "macro_roc_auc": roc.macro_area(of), "macro_pr_auc": precision_recall.macro_area(of)}


def of_errors(trials: int) -> Iterator[Line]:
    """Yield how often the interval of the calibration error holds it, beside that of percentiles; a perfect model's is 0."""
    for name, sharper in (("perfect", 1.0), ("too sure", 2.0)):
        truth = _binned(_calibrated(np.random.default_rng(0), 200_000, sharper)).sum(axis=0)
        error = float(np.abs(truth).sum() / 200_000) if sharper > 1 else 0.0
        held = np.array([_error(np.random.default_rng([2, seed]), sharper, error) for seed in range(trials)]).mean(
            axis=0
        )
        what = f"calibration error, 300 images, {name} ({error:.3f})"
        yield Line(f"{what}; percentile", figure(held[0]), figure(held[1]), HOLDS)


def _calibrated(rng: np.random.Generator, count: int, sharper: float) -> Outcomes:
    honest = rng.dirichlet([0.7, 0.7, 0.7], count)
    truth = np.minimum((rng.random(count)[:, None] > honest.cumsum(axis=1)).sum(axis=1), 2)
    return outcomes(softmax(sharper * np.log(honest)), np.array(CLASSES)[truth], CLASSES, np.arange(count))


def _binned(of: Outcomes) -> Floats:
    found = np.zeros((len(of), calibration.BINS))
    found[np.arange(len(of)), calibration.bins(calibration.confidences(of))] = calibration.gaps(of)
    return found


def _error(rng: np.random.Generator, sharper: float, truth: float) -> tuple[bool, bool]:
    of = _calibrated(rng, 300, sharper)
    ours = resampled.scores(of, None, 500, rng)["ece"]
    sums = _binned(of)
    drawn = np.abs(rng.multinomial(300, np.full(300, 1 / 300), size=500) @ sums).sum(axis=1) / 300
    return holds(ours, truth), holds(percentile(ours.value or 0.0, drawn, 300), truth)


def of_worst(trials: int) -> Line:
    """Return how often the interval of the worst of ten equal classes holds it, beside that of the class by itself."""
    held = []
    for seed in range(trials):
        hits = np.random.default_rng([3, seed]).random(300) < ACCURACY
        part = np.arange(300) % 10
        found = simultaneous(hits, part, tuple("abcdefghij"), np.arange(300))
        mine = part == "abcdefghij".index(found.name or "a")
        held.append((holds(found, ACCURACY), holds(share(hits[mine], np.arange(30)), ACCURACY)))
    ours, theirs = np.mean(held, axis=0)
    return Line("recall of the worst of ten equal classes; its own interval", figure(ours), figure(theirs), HOLDS)


def costs(quick: bool) -> Iterator[Line]:
    """Yield what the scores of one model on one split cost."""
    count, classes = (10_000, 10) if quick else (100_000, 50)
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, count)
    names = tuple(f"class {number:02d}" for number in range(classes))
    logits = rng.normal(size=(count, classes)) + 3 * np.eye(classes)[truth]
    of = outcomes(softmax(logits), np.array(names)[truth], names, rng.integers(0, count // 3, count))
    for what, work in (("overall scores", _overall), ("scores by class", _by_class)):
        started = time.process_time()
        work(of)
        spent = figure(time.process_time() - started)
        yield Line(
            f"{what}, {count:,} images, {classes} classes, 1,000 draws, CPU-s", spent, None, Goal("ours", "<=", 20)
        )


def _overall(of: Outcomes) -> None:
    scores.overall(of, Intervals(), "test", 1.2)


def _by_class(of: Outcomes) -> None:
    assert confusion.accuracy(of).value is not None
    scores.breakdown(of, Intervals(), "finetuned", "test")


if __name__ == "__main__":
    table.main("intervals", measure, ("numpy", "scipy", "pandas"))
