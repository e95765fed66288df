"""Wrong labels planted among photos of clothing: how many the stage ``diagnose`` suspects, and how many of these are wrong.

Lines of :mod:`benchmarks.diagnosis`. Of the published train photos 5, 10 or 20 % get another label: any other, or the class that theirs is
most often taken for. The probabilities are those of the stage, out of fold over train and val, and cleanlab's filters judge the same ones.
Only planted labels count as wrong, so that labels that were wrong before spoil the precision of both. cleanlab is looked for in the folder
that ``TOOLKIT_CLEANLAB`` names (``pip install --target FOLDER cleanlab``); its licence is the AGPL, and it is no part of this project.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import peers, photos
from benchmarks.table import Goal, Line, figure
from datatools import images, seeds
from datatools.cache import Store
from datatools.diagnose import confident, noise
from datatools.diagnose.confident import Prune
from finetune import backbones, features, out_of_fold, probe
from finetune.backbones import BackboneSettings
from pipelines.diagnose import FOLDS, ROUNDS
from pipelines.probe import ProbeSettings

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

RATES, QUICK_RATES = (0.05, 0.1, 0.2), (0.1,)
SEEDS, QUICK_SEEDS = 5, 1
QUICK_PHOTOS = 300
PRUNES: tuple[Prune, ...] = ("certain", "class", "noise_rate", "both")
SAME = {"class": "prune_by_class", "noise_rate": "prune_by_noise_rate", "both": "both"}  # cleanlab's names
DEFAULT = "prune_by_noise_rate"


class Photos(NamedTuple):
    """The photos of train and val.

    Attributes:
        features: shape (n, width).
        labels: numbers of the published classes.
        train: which labels may be changed.
        classes: their names.
    """

    features: NDArray[np.float32]
    labels: Integers
    train: Flags
    classes: tuple[str, ...]


class Case(NamedTuple):
    """Labels of which some are wrong, and what is thought of them: of all rows, and what is counted of the train rows."""

    labels: Integers
    probabilities: Floats
    wrong: Flags
    train: Flags


class Judged(NamedTuple):
    """How good a set of suspects is."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean."""
        return 2 * self.precision * self.recall / max(1e-12, self.precision + self.recall)


def lines(quick: bool) -> Iterator[Line]:
    """Yield the lines; none, and a line that says so, without the photos."""
    if not photos.sources():
        print(f"confident: left out; {photos.CLOTHING} is not there")
        return
    known = load(QUICK_PHOTOS if quick else None)
    rivals = confused(known)
    yield clean(known)
    for name, rival in (("any other label", None), ("the most confused label", rivals)):
        for rate in QUICK_RATES if quick else RATES:
            cases = list(planted(known, rate, rival, QUICK_SEEDS if quick else SEEDS))
            yield from beside(f"clothing, {rate:.0%} of train labels changed to {name}", cases, judged=not quick)


def load(count: int | None) -> Photos:
    """Return the photos of train and val, or so many of them."""
    table = pd.read_csv(photos.CLOTHING / "labels.csv").sort_values("path", ignore_index=True)
    table = table[table["published_split"] != "test"].reset_index(drop=True)
    if count is not None:
        table = table.loc[np.sort(seeds.generator(0, "confident").permutation(len(table))[:count])]
    paths = [photos.CLOTHING / path for path in table["path"]]
    names = [images.sha256(path.read_bytes()) for path in paths]
    found = features.extract(backbones.build(BackboneSettings()), paths, names, Store(photos.STORE))
    classes = tuple(sorted(set(table["label"])))
    labels = np.searchsorted(classes, table["label"].to_numpy(dtype=str))
    return Photos(found, labels, (table["published_split"] == "train").to_numpy(), classes)


def strength(known: Photos, labels: Integers) -> float:
    """Return the C that the stage ``probe`` would choose."""
    names = np.array(known.classes)[labels].tolist()
    grid = ProbeSettings().regularisation
    return probe.fit(known.features, names, known.train, ~known.train, grid).regularisation


def asked(known: Photos, labels: Integers, c: float, seed: int) -> Floats:
    """Return the probabilities of the stage ``diagnose``."""
    everything, alone = np.ones(len(labels), dtype=bool), np.arange(len(labels))
    names = np.array(known.classes)[labels]
    return out_of_fold.answers(known.features, names, everything, alone, c, seed, FOLDS, ROUNDS).probabilities


def confused(known: Photos) -> Integers:
    """Return for each class the one that its photos are most often taken for."""
    answers = asked(known, known.labels, strength(known, known.labels), 0).argmax(axis=1)
    counts = np.zeros((len(known.classes), len(known.classes)), dtype=np.int64)
    np.add.at(counts, (known.labels, answers), 1)
    np.fill_diagonal(counts, -1)
    return np.asarray(counts.argmax(axis=1))


def clean(known: Photos) -> Line:
    """Return what share of the published labels is taken for wrong."""
    probabilities = asked(known, known.labels, strength(known, known.labels), 0)
    found = noise.disagreement(known.labels, probabilities)
    peer = figure(off_diagonal(known.labels, probabilities))
    what = "clothing as published: share of labels estimated as wrong; by the confident joint"
    return Line(what, figure(found), peer, Goal("ours", "<=", 0.02))


def off_diagonal(labels: Integers, probabilities: Floats) -> float:
    """Return the share of labels that the calibrated confident joint takes for wrong."""
    expected = confident.calibrated(confident.joint(labels, confident.confident(labels, probabilities)), labels)
    return float(1 - np.trace(expected) / expected.sum())


def planted(known: Photos, rate: float, rivals: Integers | None, count: int) -> Iterator[Case]:
    """Yield the photos with other labels changed for each seed; the strength is chosen with the first."""
    c, kinds = 0.0, len(known.classes)
    for seed in range(count):
        random = seeds.generator(seed, "planted labels", str(rate))
        rows = np.flatnonzero(known.train)
        rows = random.permutation(rows)[: round(rate * len(rows))]
        labels = known.labels.copy()
        other = (labels[rows] + random.integers(1, kinds, len(rows))) % kinds
        labels[rows] = other if rivals is None else rivals[labels[rows]]
        c = strength(known, labels) if seed == 0 else c
        yield Case(labels, asked(known, labels, c, seed), labels != known.labels, known.train)


def beside(what: str, cases: Sequence[Case], *, judged: bool) -> Iterator[Line]:
    """Yield what ours finds beside what cleanlab finds of the same probabilities."""
    ours = [rules(case) for case in cases]
    peer = [found for case in cases if (found := cleanlab(case))]
    mine = [judge(found["certain"], case) for found, case in zip(ours, cases, strict=True)]
    rival = [judge(found[DEFAULT], case) for found, case in zip(peer, cases, strict=False)]
    at_least = (
        Goal("ratio", ">=", 1.0) if judged and peer else None
    )  # of the defaults: what a user gets who chooses no rule
    yield _line(f"{what}: precision; cleanlab's default", mine, rival, "precision", at_least)
    yield _line("  recall", mine, rival, "recall")
    yield _line("  F1", mine, rival, "f1", at_least)
    if peer:
        same = [as_many(case, found[DEFAULT]) for case, found in zip(cases, peer, strict=True)]
        what = "  precision of as many suspects as cleanlab's default has, ours the most surprising"
        yield _line(what, same, rival, "precision")
        yield _line("  recall of these", same, rival, "recall")
    yield from best(_by_rule(cases, ours), _by_rule(cases, peer))
    yield from shares(cases)


def rules(case: Case) -> dict[str, Flags]:
    """Return the flags of each of our rules."""
    return {str(rule): confident.find(case.labels, case.probabilities, rule).flagged for rule in PRUNES}


def _line(what: str, mine: Sequence[Judged], rival: Sequence[Judged], name: str, goal: Goal | None = None) -> Line:
    ours, theirs = (tuple(getattr(one, name) for one in side) for side in (mine, rival))
    return Line(what, figure(*ours), figure(*theirs) if theirs else None, goal)


def best(mine: Mapping[str, Sequence[float]], rival: Mapping[str, Sequence[float]]) -> Iterator[Line]:
    """Yield the F1 of the rule that is best in the mean, on either side, and of the paper's rules on both."""
    first, second = (max(side, key=lambda rule: float(np.mean(side[rule])), default="") for side in (mine, rival))
    theirs = figure(*rival[second]) if second else None
    yield Line(f"  F1 of the best rule: {first}; {second or 'no peer'}", figure(*mine[first]), theirs)
    for rule, same in SAME.items():
        theirs = figure(*rival[same]) if rival else None
        yield Line(f"    F1 of the paper's rule {rule}; of theirs", figure(*mine[rule]), theirs)


def shares(cases: Sequence[Case]) -> Iterator[Line]:
    """Yield what share of the labels is estimated as wrong, in two ways, beside the truth."""
    truth = figure(*(case.wrong.mean() for case in cases))
    certain = figure(*(noise.disagreement(case.labels, case.probabilities) for case in cases))
    yield Line("  share of labels estimated as wrong; the truth", certain, truth)
    joint = figure(*(off_diagonal(case.labels, case.probabilities) for case in cases))
    yield Line("  the same by the confident joint", joint, truth)


def _by_rule(cases: Sequence[Case], found: Sequence[Mapping[str, Flags]]) -> dict[str, list[float]]:
    names = list(found[0]) if found else []
    return {rule: [judge(one[rule], case).f1 for one, case in zip(found, cases, strict=True)] for rule in names}


def as_many(case: Case, flagged: Flags) -> Judged:
    """Judge as many of the most surprising train labels as there are flags among these."""
    surprise = np.where(case.train, confident.find(case.labels, case.probabilities, "certain").surprise, -np.inf)
    chosen = np.zeros(len(flagged), dtype=bool)
    chosen[np.argsort(-surprise, kind="stable")[: int(flagged[case.train].sum())]] = True
    return judge(chosen, case)


def judge(flagged: Flags, case: Case) -> Judged:
    """Compare flags with the truth, on train."""
    found, wrong = flagged[case.train], case.wrong[case.train]
    hits = float((found & wrong).sum())
    return Judged(hits / max(1.0, float(found.sum())), hits / float(wrong.sum()))


def cleanlab(case: Case) -> dict[str, Flags] | None:
    """Return the flags of cleanlab's filters, or None (and say so) where it is not there."""
    folder = os.environ.get("TOOLKIT_CLEANLAB")
    if not folder:
        print("confident: cleanlab left out; set TOOLKIT_CLEANLAB to the folder that it is installed in")
        return None
    with tempfile.TemporaryDirectory() as name:
        arrays = Path(name) / "arrays.npz"
        np.savez(arrays, labels=case.labels, probabilities=case.probabilities)
        done = subprocess.run(
            [sys.executable, str(peers.FOLDER / "confident_cleanlab.py"), str(arrays)],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": folder},
        )
    if done.returncode:
        print(
            f"confident: cleanlab left out; it failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}"
        )
        return None
    rows: dict[str, list[int]] = json.loads(done.stdout.strip().splitlines()[-1])
    return {name: np.isin(np.arange(len(case.labels)), found) for name, found in rows.items()}
