"""Stage ``finetune``: a classifier that starts from the probe, learns from the train rows, and is never worse on the validation rows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools import closure, manifest, parallel
from datatools.errors import DataError
from finetune import backbones, data, devices, model, surrogate, train
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.model import Classifier
from finetune.recipe import Recipe
from finetune.surrogate import Surrogate
from pipelines.stage import STORE, Stage, main

LIBRARIES = ("numpy", "pillow", "timm", "torch", "torchvision")


class FinetuneSettings(Recipe):
    """Section ``finetune`` of ``params.yaml``."""

    seed: int = Field(default=0, description="Draws another order of the images; several seeds show how much is luck.")
    head: Literal["probe", "random"] = Field(
        default="probe", description="What the head starts from; random needs more epochs and a higher rate."
    )
    use_derived: bool = Field(default=True, description="Also learn from the images of the stage augment.")


def run(settings: FinetuneSettings, stage: Stage) -> Mapping[str, Any]:
    """Fine-tune the probe's network and write the model, its card and the curves."""
    probe = surrogate.load(stage.source("probe", "model.json").parent)
    rows = _rows(stage)
    derived = _derived(stage) if settings.use_derived else None
    backbone = backbones.build(probe.card.backbone, probe.card.seed)
    learn, judge = _train(rows, derived, probe), _labelled(rows, "val", probe)
    classifier = Classifier(backbone.network, probe.head, backbone.preprocessing)
    start = model.random_head(backbone.width, len(probe.classes), settings.seed) if settings.head == "random" else None
    lineage = _lineage(learn, judge, probe)
    saver = Saver(STORE / "checkpoints" / _run_name(settings, lineage))
    fitted = train.fit(classifier, backbone.groups, learn, judge, settings, settings.seed, saver, start)
    delivered = "finetuned" if fitted.best.epoch else "probe"
    _write(stage, classifier, probe, settings, lineage, delivered)
    curve = pd.DataFrame([asdict(row) for row in fitted.curve])
    curve.to_csv(stage.out / "curves.csv", index=False, lineterminator="\n")
    saver.clear()
    return _metrics(fitted, delivered, len(learn), 0 if derived is None else len(derived), len(judge))


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


def _train(rows: pd.DataFrame, derived: pd.DataFrame | None, probe: Surrogate) -> Examples:
    own = _labelled(rows, "train", probe)
    if derived is None or derived.empty:
        return own
    targets = data.soft(_lists(derived["target_classes"]), _lists(derived["target_probabilities"]), probe.classes)
    return data.join(own, _examples(derived["image_id"], derived["path"], targets, probe, "derived images"))


def _labelled(rows: pd.DataFrame, split: str, probe: Surrogate) -> Examples:
    chosen = rows[rows["split"] == split]
    if chosen.empty:
        raise DataError(f"split: no labelled row is in {split}; give it a share in params.yaml: split.strategy")
    targets = data.one_hot(chosen["label"].astype(str).tolist(), probe.classes)
    return _examples(chosen["image_id"], chosen["pixels"], targets, probe, f"{split} images")


def _examples(names: "pd.Series[str]", paths: "pd.Series[str]", targets: Any, probe: Surrogate, label: str) -> Examples:
    pixels = data.decode([Path(path) for path in paths], probe.card.preprocessing, label)
    return Examples(tuple(names.astype(str)), pixels, targets)


def _lists(column: "pd.Series[Any]") -> list[Sequence[Any]]:
    return [list(values) for values in column]


def _lineage(learn: Examples, judge: Examples, probe: Surrogate) -> dict[str, str]:
    """Return digests of what the model was made from: the images and labels as they were seen, the probe and the code."""
    return {
        "train": data.digest(learn),
        "val": data.digest(judge),
        "probe": probe.sha256,
        "code": closure.digest("pipelines.finetune", *LIBRARIES),
    }


def _run_name(settings: FinetuneSettings, lineage: Mapping[str, str]) -> str:
    # Half a run on a GPU and half on a CPU would be neither of the two results.
    parts = (settings.canonical(), sorted(lineage.items()), devices.choose(parallel.execution()).type)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _write(
    stage: Stage,
    classifier: Classifier,
    probe: Surrogate,
    settings: FinetuneSettings,
    lineage: dict[str, str],
    delivered: str,
) -> None:
    card = model.Card(
        classes=probe.classes,
        backbone=probe.card.backbone,
        weights_sha256=probe.card.weights_sha256,
        preprocessing=classifier.preprocessing,
        delivered=delivered,
        lineage=lineage,
        settings=settings.model_dump(mode="json"),
    )
    model.save(stage.out, card, classifier)


def _metrics(fitted: train.Fitted, delivered: str, learnt: int, derived: int, judged: int) -> dict[str, Any]:
    first, best = fitted.curve[0], fitted.best
    return {
        "delivered": delivered,
        "val_accuracy": best.val_accuracy,
        "val_loss": best.val_loss,
        "probe_val_accuracy": first.val_accuracy,
        "probe_val_loss": first.val_loss,
        "best_epoch": best.epoch,
        "epochs": fitted.curve[-1].epoch,
        "train_images": learnt,
        "derived_images": derived,
        "val_images": judged,
        "trained_parameters": fitted.parameters,
        "frozen_part_cached": fitted.cut,
    }


if __name__ == "__main__":
    main("finetune", FinetuneSettings, run)
