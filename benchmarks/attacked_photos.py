"""Clothing photos with a probe to attack, fitted on those of the published training split and saved as the pipeline saves it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import photos
from datatools import images
from datatools.images import RGB
from finetune import backbones, inference, probe, surrogate, transfer
from finetune.backbones import BackboneSettings
from finetune.surrogate import Card, Surrogate
from finetune.transfer import Halves

GRID = (0.001, 0.003, 0.01)


@dataclass(frozen=True)
class Case:
    """What there is to attack.

    Attributes:
        folder: of the saved probe.
        model: the probe.
        second: the model on which transfer is measured.
        paths: photos that the probe was fitted on, classes in turn.
        labels: their classes.
    """

    folder: Path
    model: Surrogate
    second: Halves | None
    paths: tuple[Path, ...]
    labels: tuple[str, ...]

    def pixels(self) -> list[RGB]:
        """Return the photos."""
        return [images.read(path).copy() for path in self.paths]

    def numbers(self) -> list[int]:
        """Return the labels as the model's numbers."""
        return [self.model.classes.index(label) for label in self.labels]


def prepare(folder: Path, fitted_on: int, attacked: int) -> Case:
    """Fit and save a probe.

    Args:
        folder: where to save it; has to exist.
        fitted_on: photos of the training split, at most; as many of them as there are for choosing its strength.
        attacked: of those, how many to attack.
    """
    rows = _rows(fitted_on)
    backbone = backbones.build(BackboneSettings())
    paths = [photos.CLOTHING / path for path in rows["path"]]
    features = np.stack(list(inference.outputs(backbone.network, backbone.preprocessing, paths, "features")))
    labels, train = list(rows["label"]), rows["published_split"].to_numpy() == "train"
    fitted = probe.fit(features, labels, train, ~train, GRID)
    card = Card(
        classes=fitted.classes,
        backbone=BackboneSettings(),
        seed=0,
        weights_sha256=backbone.weights_sha256,
        preprocessing=backbone.preprocessing,
        regularisation=fitted.regularisation,
    )
    surrogate.save(folder, card, fitted.linear)
    learnt = [number for number in range(len(rows)) if train[number]]
    second = transfer.fit(
        features[train], [labels[row] for row in learnt], [paths[row].name for row in learnt], fitted.regularisation
    )
    chosen = learnt[:attacked]
    return Case(
        folder,
        surrogate.load(folder),
        second,
        tuple(paths[row] for row in chosen),
        tuple(labels[row] for row in chosen),
    )


def _rows(limit: int) -> pd.DataFrame:
    """Return photos of train and validation, the classes of each in turn."""
    rows = pd.read_csv(photos.CLOTHING / "labels.csv").sort_values("path")
    turn = rows.groupby(["published_split", "label"]).cumcount()
    rows = rows.assign(turn=turn).sort_values(["turn", "label"])
    parts = [rows[rows["published_split"] == split].head(limit) for split in ("train", "validation")]
    return pd.concat(parts, ignore_index=True)
