"""What the stage ``finetune`` and the commands around it learn from: the labelled rows of the split and the derived images, decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from datatools import manifest
from datatools.errors import DataError
from finetune import data, surrogate
from finetune.data import Examples
from finetune.surrogate import Surrogate
from pipelines.stage import Stage, read_json

Numbers = Mapping[str, int]  # of the domains


@dataclass(frozen=True)
class Task:
    """What there is to learn from.

    Attributes:
        probe: the model to begin with.
        rows: the labelled rows of the split; ``pixels`` is the file to read.
        train: images to learn from, derived ones included.
        val: images that choose.
        derived: how many of the train images are derived.
        denoise: the settings by which noisy images were denoised; None where pixels are as they came.
    """

    probe: Surrogate
    rows: pd.DataFrame
    train: Examples
    val: Examples
    derived: int
    denoise: dict[str, Any] | None

    @property
    def denoised(self) -> int:
        """Return how many train images were denoised."""
        learned = self.rows[self.rows["split"] == "train"]
        return int((learned["pixels"] != learned["path"]).sum())

    def of(self, split: str) -> pd.DataFrame:
        """Return the rows of a split."""
        return self.rows[self.rows["split"] == split]


def prepare(stage: Stage, use_derived: bool) -> Task:
    """Read the tables and decode the images.

    Raises:
        DataError: a split without labelled rows, an image that an earlier stage has no pixels for, or one derived from a held-out image.
    """
    probe = surrogate.load(stage.source("probe", "model.json").parent)
    rows = _rows(stage)
    derived = _derived(stage) if use_derived else None
    numbers = {name: number for number, name in enumerate(sorted(set(rows["domain"].astype(str))))}
    train, val = _train(rows, derived, probe, numbers), _labelled(rows, "val", probe, numbers)
    return Task(probe, rows, train, val, 0 if derived is None else len(derived), _denoise(stage))


def _denoise(stage: Stage) -> dict[str, Any] | None:
    settings: dict[str, Any] = read_json(stage.source("denoise", "settings.json"))
    return settings if settings["action"] == "denoise" else None


def _rows(stage: Stage) -> pd.DataFrame:
    """Return the labelled rows of the split with the column ``pixels``: the file to read."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    source = stage.source("denoise", "images.parquet")
    pixels = manifest.read(source, manifest.PIXELS).set_index("image_id")["path"]
    rows = rows.assign(pixels=pixels.reindex(rows["image_id"]).to_numpy())
    labelled = rows[rows["label"].notna() & rows["split"].notna()].sort_values("image_id")
    absent = labelled["image_id"][labelled["pixels"].isna()]
    if len(absent):
        raise DataError(f"{source}: has no row for {len(absent)} images, such as {absent.iloc[0]}; run: dvc repro")
    return labelled


def _derived(stage: Stage) -> pd.DataFrame:
    """Return the derived images; one that was made from a val or test row is refused."""
    source = stage.source("augment", "manifest.parquet")
    derived = manifest.read(source, manifest.DERIVED).sort_values("image_id")
    split = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    # A reference may be an image without label and split; what a model is judged on may be none.
    free = split["split"].isna() & split["label"].isna()
    known = set(split["image_id"][free | (split["split"] == "train")])
    for image_id, parents in zip(derived["image_id"], derived["parents"], strict=True):
        if not known.issuperset(parents):
            raise DataError(f"{source}: {image_id} was made from an image outside the train rows; run: dvc repro")
    return derived


def _train(rows: pd.DataFrame, derived: pd.DataFrame | None, probe: Surrogate, numbers: Numbers) -> Examples:
    own = _labelled(rows, "train", probe, numbers)
    if derived is None or derived.empty:
        return own
    targets = data.soft(_lists(derived["target_classes"]), _lists(derived["target_probabilities"]), probe.classes)
    extra = _examples(derived["image_id"], derived["path"], targets, probe, "derived images")
    parents = rows.set_index("image_id").loc[[parents[0] for parents in derived["parents"]]]
    return data.join(own, replace(extra, domains=_domains(parents, numbers)))


def _labelled(rows: pd.DataFrame, split: str, probe: Surrogate, numbers: Numbers) -> Examples:
    chosen = rows[rows["split"] == split]
    if chosen.empty:
        raise DataError(f"split: no labelled row is in {split}; give it a share in params.yaml: split.strategy")
    targets = data.one_hot(chosen["label"].astype(str).tolist(), probe.classes)
    found = _examples(chosen["image_id"], chosen["pixels"], targets, probe, f"{split} images")
    return replace(found, domains=_domains(chosen, numbers))


def _examples(names: "pd.Series[str]", paths: "pd.Series[str]", targets: Any, probe: Surrogate, label: str) -> Examples:
    pixels = data.decode([Path(path) for path in paths], probe.card.preprocessing, label)
    return Examples(tuple(names.astype(str)), pixels, targets)


def _domains(rows: pd.DataFrame, numbers: Numbers) -> torch.Tensor:
    return torch.from_numpy(np.array([numbers[str(name)] for name in rows["domain"]], np.int64))


def _lists(column: "pd.Series[Any]") -> list[Sequence[Any]]:
    return [list(values) for values in column]
