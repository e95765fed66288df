"""Train on one domain, test on another: what each method of ``augment`` brings when it may see unlabelled images of the target.

Half of the target domain's groups (modules, glyphs, sittings) are tested on; the images of the others lend their look, without labels.
Each method derives one image from each train image, through the planner and renderer of the stage. A linear probe on frozen features
learns from both and is tested on the target; its strength is chosen on a part of the source, since nothing else has labels. "Labelled
target" is the same probe trained on the labels of the references: the most that could be hoped for. The share recovered is how much of the
way from nothing to there a method goes. AUC where there are two classes, else accuracy.

A seed draws groups and partners. Seeds share their images, so intervals of means are those of Nadeau and Bengio 2003 (see
``leak_cost``), with the test rows over the train rows of the first seed. About half an hour on 2 cores.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks import leak_cost, photos, shift_sets, table
from benchmarks.denoise_transfer import Seen
from benchmarks.shift_sets import Parts, Shift
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images
from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.composite import Composite
from datatools.augment.fda import Fda
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.make import make
from datatools.augment.method import PixelMethod
from datatools.augment.plan import Recipe, plan
from datatools.augment.randconv import RandConv
from datatools.augment.reinhard import Reinhard
from datatools.augment.render import load
from datatools.augment.sources import select
from datatools.augment.style_mix import StyleMix
from datatools.augment.whitening import Whitening
from datatools.cache import Store
from finetune import backbones, probe
from finetune.backbones import BackboneSettings

Matrix = NDArray[np.float32]
Names = NDArray[np.object_]
Rows = NDArray[np.bool_]

SEEDS, QUICK_SEEDS = 5, 1
GRID = (0.0003, 0.003)
VAL = 0.2  # of the source groups
BLEND = (0.5, 0.9)  # the whole effect turns a drawing in black on white into plain white
ALL: dict[str, Any] = {"probability": 1.0}
OURS: dict[str, PixelMethod] = {
    "fda": Fda(**ALL),
    "amplitude_mix": AmplitudeMix(**ALL),
    "histogram_match": HistogramMatch(**ALL, blend=BLEND),
    "reinhard": Reinhard(**ALL),
    "whitening": Whitening(**ALL),
    "style_mix": StyleMix(**ALL),
    "composite, normal": Composite(**ALL),
    "composite, darken": Composite(**ALL, mode="darken", weight=(1.0, 1.0)),
    "composite, lighten": Composite(**ALL, mode="lighten", weight=(1.0, 1.0)),
    "randconv": RandConv(**ALL),
}
QUICK = ("composite, darken",)
LIBRARY: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fda": ("FDA", "fda_metadata", {"beta_limit": (0.01, 0.01)}),
    "histogram_match": ("HistogramMatching", "hm_metadata", {"blend_ratio": BLEND}),
}
HEADLINE = "solar cells, mono to poly"


class Outcome(NamedTuple):
    """Scores on the target's test rows, one for each seed, and test rows over train rows."""

    nothing: list[float]
    labelled: list[float]
    by_method: Mapping[str, list[float]]
    by_library: Mapping[str, list[float]]
    share: float


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines of the shifts whose data are there."""
    photos.STORE.mkdir(exist_ok=True)
    found: list[Line] = []
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        for shift in shift_sets.shifts(Path(folder), quick):
            seen = Seen(backbones.build(BackboneSettings(image_size=shift.side)))
            names = QUICK if quick else tuple(OURS)
            outcome = outcomes(shift, names, QUICK_SEEDS if quick else SEEDS, seen, Path(folder))
            found += lines(shift, outcome, judged=not quick)
            print(f"domain_shift: {shift.name}: {outcome}", flush=True)
    return found


def outcomes(shift: Shift, names: Sequence[str], count: int, seen: Seen, folder: Path) -> Outcome:
    """Split, derive, fit and test with each seed."""
    nothing, labelled = [], []
    mine: dict[str, list[float]] = {name: [] for name in names}
    theirs: dict[str, list[float]] = {name: [] for name in names if name in LIBRARY}
    share = 0.0
    for seed in range(count):
        found = shift_sets.parts(shift, seed)
        judge = Judge(shift, found, seen, seed)
        nothing.append(judge(judge.train))
        labelled.append(judge(found.references & ~judge.among(found.references)))
        share = share or float(found.test.sum() / judge.train.sum())
        for name in names:
            recipes = recipes_of(shift, found, judge.train, OURS[name], seed)
            place = folder / f"derived {shift.name} {name} {seed}"
            mine[name].append(judge(judge.train, derived(recipes, OURS[name], seed, place, shift.side)))
            if name in LIBRARY:
                theirs[name].append(judge(judge.train, by_library(recipes, *LIBRARY[name], place, shift.side)))
        print(f"domain_shift: {shift.name}, seed {seed + 1} of {count}", flush=True)
    return Outcome(nothing, labelled, mine, theirs, share)


class Judge:
    """Fits a probe on rows and derived images, and scores it on the target's test rows."""

    def __init__(self, shift: Shift, found: Parts, seen: Seen, seed: int) -> None:
        self.rows, self.found, self.seen, self.seed = shift.rows, found, seen, seed
        self.labels = shift.rows["label"].to_numpy(object)
        self.features = seen([Path(path) for path in shift.rows["path"]])
        self.train = found.train & ~self.among(found.train)

    def among(self, rows: Rows) -> Rows:
        """Return the part of these rows on which a strength is chosen: a fifth of their groups."""
        group = self.rows["group"].to_numpy(object)
        names = np.unique(group[rows])
        chosen = np.random.default_rng(self.seed).permutation(names)[: max(1, round(VAL * len(names)))]
        return rows & np.isin(group, chosen)

    def __call__(self, train: Rows, made: Mapping[Path, int] | None = None) -> float:
        """Return the score of a probe on rows and on images made from them (a file to the row that gives its label)."""
        whole = self.found.train if (train & self.found.train).any() else self.found.references
        val = self.among(whole)
        extra = dict(made or {})
        values = np.concatenate(
            [self.features[train | val], self.seen(list(extra))] if extra else [self.features[train | val]]
        )
        labels = np.concatenate([self.labels[train | val], self.labels[list(extra.values())]])
        learn = np.concatenate([train[train | val], np.ones(len(extra), dtype=bool)])
        fitted = probe.fit(values, list(labels), learn, ~learn, GRID)
        return score(fitted.probabilities(self.features[self.found.test]), fitted.classes, self.labels[self.found.test])


def score(probabilities: NDArray[np.float64], classes: Sequence[str], labels: Names) -> float:
    """Return the AUC of two classes, or the accuracy of several."""
    if len(classes) == 2:
        return float(roc_auc_score(labels == classes[1], probabilities[:, 1]))
    return float((np.array(classes, dtype=object)[probabilities.argmax(axis=1)] == labels).mean())


def recipes_of(shift: Shift, found: Parts, train: Rows, method: PixelMethod, seed: int) -> list[Recipe]:
    """Return what the stage would plan: parents are the train rows, references the unlabelled ones of the target."""
    rows = shift.rows.assign(
        image_id=[f"{place * 0x9E3779B97F4A7C15 % 2**64:016x}{place:048x}" for place in range(len(shift.rows))],
        cluster_id=[f"{place:064x}" for place in pd.factorize(shift.rows["group"])[0]],
        group_id=shift.rows["group"],
        split=pd.Series(["train" if row else None for row in train], dtype=object),
    )
    rows.loc[found.references, "label"] = None
    used = rows[train | found.references]
    sources = select(used, dict(zip(used["image_id"], used["path"], strict=True)), {})
    return plan(sources, [method], [{}], seed, shift.target)


def derived(recipes: Sequence[Recipe], method: PixelMethod, seed: int, folder: Path, side: int) -> dict[Path, int]:
    """Return files made by one of our methods, each with the row of its parent."""
    folder.mkdir()

    def save(image_id: str, png: bytes) -> str:
        path = folder / f"{image_id}.png"
        images.write_bytes(path, png)
        return str(path)

    made = make([(recipe, method) for recipe in recipes], seed, side, Store(folder / "store"), save)
    return {Path(image.path): _row(image.recipe) for image in made}


def by_library(
    recipes: Sequence[Recipe], name: str, key: str, arguments: Mapping[str, Any], folder: Path, side: int
) -> dict[Path, int]:
    """Return files made by albumentations from the same pairs."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask a server otherwise
    transform = getattr(import_module("albumentations"), name)(metadata_key=key, p=1.0, **arguments)
    made = {}
    for recipe in recipes:
        assert recipe.partner is not None, "both methods want a reference"
        pair = [load(source.path, side) for source in (recipe.parent, recipe.partner)]
        reference = images.resize(pair[1], *pair[0].shape[:2])
        path = folder / f"library {recipe.image_id}.png"
        images.write_bytes(path, images.encode_png(transform(image=pair[0], **{key: [reference]})["image"]))
        made[path] = _row(recipe)
    return made


def _row(recipe: Recipe) -> int:
    return int(recipe.parent.image_id[16:], 16)


def lines(shift: Shift, found: Outcome, *, judged: bool) -> Iterator[Line]:
    """Yield the scores, and what each method adds to nothing."""
    base, best = figure(*found.nothing), figure(*found.labelled)
    what = "AUC" if shift.rows["label"].nunique() == 2 else "accuracy"
    yield Line(
        f"{shift.name}: {what} on the target without augmentation; of a probe on labelled target images", base, best
    )
    for name, values in found.by_method.items():
        library = found.by_library.get(name)
        peer = "; albumentations" if library else ""
        yield Line(f"  {name}: {what}{peer}", figure(*values), None if library is None else figure(*library))
        yield from _gains(f"    {name}", values, found, judged and shift.name == HEADLINE)


def _gains(what: str, values: Sequence[float], found: Outcome, judged: bool) -> Iterator[Line]:
    gain = np.array(values) - np.array(found.nothing)
    distance = float(np.mean(found.labelled) - np.mean(found.nothing))
    if len(gain) > 1:
        for end, value in zip(("mean", *leak_cost.ENDS), leak_cost.interval(gain, found.share), strict=True):
            yield Line(f"{what}: gain, {end}", figure(value))
    goal = Goal("ours", ">=", 0.5) if judged and what.strip() == "composite, darken" else None
    yield Line(f"{what}: share of the distance recovered", Figure((float(gain.mean()) / distance,)), goal=goal)


if __name__ == "__main__":
    table.main("domain_shift", measure, ("albumentations", "numpy", "scikit-learn", "timm", "torch"))
