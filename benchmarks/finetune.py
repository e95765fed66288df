"""What fine-tuning is worth: the linear probe, the fine-tuned network and the same network from scratch, trained for equally many steps.

Uses the images that the pipeline has prepared (each seed draws another split by group), or, where there are none, the clothing photos
beside the project with their published split (each seed trains anew). The full run takes about twenty minutes on 2 cores.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks import table
from benchmarks.table import Figure, Goal, Line, figure
from datatools import manifest
from datatools.errors import DataError
from datatools.split.stratified import Stratified
from finetune import backbones, data, inference, probe, train
from finetune.backbones import Backbone, BackboneSettings
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.model import Classifier, random_head
from finetune.probe import Probe
from finetune.recipe import Recipe
from finetune.strategy.full import Full
from finetune.weights import NoWeights

Rows = NDArray[np.bool_]

PREPARED, PIXELS = Path("data/deduplicate/manifest.parquet"), Path("data/denoise/images.parquet")
CLOTHING = Path("../shared/data/clothing")
GRID = (0.0003, 0.001, 0.003, 0.01, 0.03)
SEEDS, QUICK_IMAGES = 3, 300
# From scratch everything has to learn, BatchNorm's statistics too, at one rate for all layers.
SCRATCH: dict[str, Any] = {"strategy": Full(), "batch_norm": "train", "rate": 2e-3, "rate_decay": 1.0}


@dataclass(frozen=True)
class Labelled:
    """Images, and to which split (train, val or test) each belongs."""

    paths: NDArray[np.object_]
    labels: NDArray[np.object_]
    split: NDArray[np.object_]

    def of(self, split: str) -> Rows:
        """Return which images are in a split."""
        return np.asarray(self.split == split, dtype=np.bool_)


@dataclass(frozen=True)
class Result:
    """Test accuracies of one seed, and what training took in seconds."""

    probe: float
    tuned: float
    scratch: float
    tuned_seconds: float
    scratch_seconds: float


def measure(quick: bool) -> Sequence[Line]:
    """Return test accuracies over the seeds."""
    recipe = Recipe(epochs=4) if quick else Recipe()
    results = [
        compare(load(seed, QUICK_IMAGES if quick else None), recipe, seed) for seed in range(1 if quick else SEEDS)
    ]
    found = {part.name: figure(*(getattr(result, part.name) for result in results)) for part in fields(Result)}
    return lines(found)


def lines(found: dict[str, Figure]) -> list[Line]:
    """Return the lines of the table."""
    above = Goal("ratio", ">", 1.0)
    return [
        Line("test accuracy: probe / from scratch", found["probe"], found["scratch"], above),
        Line("test accuracy: fine-tuned / from scratch", found["tuned"], found["scratch"], above),
        Line("test accuracy: fine-tuned / probe", found["tuned"], found["probe"]),
        Line("seconds of training: fine-tuned / from scratch", found["tuned_seconds"], found["scratch_seconds"]),
    ]


def load(seed: int, limit: int | None) -> Labelled:
    """Return the prepared images under the seed's split, or the clothing photos; ``limit`` images of them, drawn at random."""
    found = _prepared(seed) if PREPARED.is_file() and PIXELS.is_file() else _clothing()
    if limit is None or limit >= len(found.paths):
        return found
    chosen = np.random.default_rng(seed).permutation(len(found.paths))[:limit]
    return Labelled(found.paths[chosen], found.labels[chosen], found.split[chosen])


def compare(images: Labelled, recipe: Recipe, seed: int) -> Result:
    """Train all three on one split and return what they reach on its test images."""
    of, blank = backbones.build(BackboneSettings()), backbones.build(BackboneSettings(weights=NoWeights()), seed)
    fitted = _probe(of, images)
    answers = np.array(fitted.classes, dtype=object)
    pixels = data.decode(list(images.paths), of.preprocessing, "decode")
    head = random_head(blank.width, len(answers), seed)
    tuned, seconds = _trained(of, _head(of, fitted), images, pixels, recipe, seed)
    scratch, longer = _trained(blank, head, images, pixels, recipe.model_copy(update=SCRATCH), seed)
    start = Classifier(backbones.build(BackboneSettings()).network, _head(of, fitted), of.preprocessing)
    floor, fine, raw = (_accuracy(model, answers, images) for model in (start, tuned, scratch))
    return Result(floor, fine, raw, seconds, longer)


def _prepared(seed: int) -> Labelled:
    rows = manifest.read(PREPARED, manifest.DEDUPLICATED)
    rows = rows[rows["label"].notna()].reset_index(drop=True)
    paths = manifest.read(PIXELS, manifest.PIXELS).set_index("image_id")["path"].loc[rows["image_id"]]
    split = Stratified()(rows, seed).split
    return Labelled(_objects(map(Path, paths)), _objects(rows["label"]), _objects(split))


def _clothing() -> Labelled:
    if not CLOTHING.is_dir():
        raise DataError(f"neither {PREPARED} nor {CLOTHING} is there; run: dvc repro")
    rows = pd.read_csv(CLOTHING / "labels.csv")
    split = rows["published_split"].replace({"validation": "val"})
    return Labelled(_objects(CLOTHING / path for path in rows["path"]), _objects(rows["label"]), _objects(split))


def _probe(of: Backbone, images: Labelled) -> Probe:
    used = list(images.paths)
    features = np.stack(list(inference.outputs(of.network, of.preprocessing, used, "features")))
    return probe.fit(features, list(images.labels), images.of("train"), images.of("val"), GRID)


def _head(of: Backbone, fitted: Probe) -> nn.Linear:
    head = nn.Linear(of.width, len(fitted.classes))
    weight = fitted.linear.weight / fitted.linear.std
    bias = fitted.linear.bias - weight @ fitted.linear.mean
    head.load_state_dict({"weight": torch.from_numpy(weight).float(), "bias": torch.from_numpy(bias).float()})
    return head


def _trained(
    of: Backbone, head: nn.Linear, images: Labelled, pixels: Tensor, recipe: Recipe, seed: int
) -> tuple[Classifier, float]:
    classes = sorted(set(images.labels[images.of("train")]))
    learn, judge = (_examples(images, pixels, classes, images.of(split)) for split in ("train", "val"))
    model, started = Classifier(of.network, head, of.preprocessing), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        train.fit(model, of.groups, learn, judge, recipe, seed, Saver(Path(folder)))
    return model, time.monotonic() - started


def _examples(images: Labelled, pixels: Tensor, classes: list[str], rows: Rows) -> Examples:
    names = tuple(str(path) for path in images.paths[rows])
    return Examples(names, pixels[torch.from_numpy(rows)], data.one_hot(list(images.labels[rows]), classes))


def _accuracy(model: Classifier, classes: NDArray[np.object_], images: Labelled) -> float:
    rows = images.of("test")
    outputs = inference.outputs(model.logits(), model.preprocessing, list(images.paths[rows]), "test")
    answers = classes[np.stack(list(outputs)).argmax(axis=1)]
    return float((answers == images.labels[rows]).mean())


def _objects(values: Any) -> NDArray[np.object_]:
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


if __name__ == "__main__":
    table.main("finetune", measure, ("numpy", "scikit-learn", "timm", "torch"))
