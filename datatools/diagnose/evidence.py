"""Everything that the checks of a project read: tables and figures that the stages left, no files and no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from datatools.components import joined

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What is known of a finished project.

    Where something is None, or a table is empty, the checks that need it pass and say that they could not judge.

    Attributes:
        rows: the split's manifest (``datatools.manifest.SPLIT``), any order.
        predictions: of the delivered model, every image once (columns of ``datatools.manifest.PREDICTED`` at least; ``feature_norm``
            of ``JUDGED`` is looked at where it is there).
        probe: the same of the linear probe (``data/probe/predictions.parquet``).
        classes: of the model, in the order of the probabilities.
        metrics: by stage, what its ``metrics.json`` holds: ingest, deduplicate, denoise, split, impute, probe, augment, finetune, evaluate.
        settings: by stage, what its ``settings.json`` holds: the values that were used, defaults included.
        audit: the checks of the split (``data/split/audit.json``).
        candidates: learning curves of all candidates (``data/finetune/candidates.csv``), column ``candidate``.
        conflicts: ``data/deduplicate/conflicts.parquet``.
        preprocessing: as used, ``{"mean": [3], "std": [3], "size": px, "fit": ...}`` (``data/probe/model.json``: preprocessing).
        own_preprocessing: what the library says of this network, ``{"mean": [3], "std": [3]}``; None where it says nothing.
        label_errors: suspected rows: image_id, label, suggested, self_confidence, margin, rank.
        label_noise: estimated share of wrong labels: value, low, high, n (labelled images); None where it was not estimated.
        learning_curve: of the probe on val: fraction, images, draw, accuracy, log_loss.
        doubling: points of val accuracy (as a share) that twice as many images would add: value, low, high, n; None where unknown.
        nearest: of each labelled val and test image the most similar train image in the frozen features: image_id, split, neighbour
            (image_id), neighbour_label, similarity (cosine of standardised features, -1 to 1), next_similarity (the same of the second
            most similar train image that is not of the neighbour's cluster or group); None where not looked for.
    """

    rows: pd.DataFrame
    predictions: pd.DataFrame
    probe: pd.DataFrame
    classes: Sequence[str]
    metrics: Mapping[str, Figures]
    settings: Mapping[str, Figures]
    audit: Sequence[Figures]
    candidates: pd.DataFrame
    conflicts: pd.DataFrame
    preprocessing: Figures
    own_preprocessing: Figures | None
    label_errors: pd.DataFrame
    label_noise: Figures | None
    learning_curve: pd.DataFrame
    doubling: Figures | None
    nearest: pd.DataFrame | None

    @cached_property
    def labelled(self) -> pd.DataFrame:
        """Return the delivered model's answers to labelled rows of a known image, by image_id.

        Columns image_id, split, domain, label, predicted, loss, confidence (probability of the answer), group (number of the things that
        belong together).
        """
        said, group = self.predictions, pd.Series(joined(self.rows), index=self.rows["image_id"].to_numpy())
        kept = said[said["label"].notna() & said["image_id"].isin(group.index)]
        kept = kept.sort_values("image_id", ignore_index=True)
        found = kept[["image_id", "split", "domain", "label", "predicted", "loss"]]
        confidence = np.array([np.max(row) for row in kept["probabilities"]], dtype=np.float64)
        return found.assign(confidence=confidence, group=group.loc[kept["image_id"]].to_numpy())

    @property
    def tuned(self) -> bool:
        """Return whether the delivered answers are those of a fine-tuned network, be it with a table beside it."""
        return self.figure("evaluate", "delivered") != "probe" and self.joined != "table"

    @property
    def joined(self) -> str:
        """Return what gives the delivered answers: ``image``, ``table`` or ``fused``; ``image`` where there is no table."""
        return str(self.figure("evaluate", "fusion", "delivered") or "image")

    def figure(self, stage: str, *keys: str) -> Any:
        """Return a figure of a stage's metrics by its keys, such as ``("probe", "image", "val_accuracy")``; None where it is not there."""
        return _at(self.metrics.get(stage), keys)

    def setting(self, key: str) -> Any:
        """Return a setting by its dotted key, such as ``finetune.strategy.method``; None where it is not there."""
        stage, *keys = key.split(".")
        return _at(self.settings.get(stage), keys)


def _at(values: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if not isinstance(values, Mapping):
            return None
        values = values.get(key)
    return values
