"""Stage ``probe``: frozen features of every image, and linear probes on them: the floors that everything later has to beat."""

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools import cache, closure, images, manifest
from datatools.components import joined
from datatools.errors import DataError
from datatools.evaluate import adversarial_validation
from datatools.evaluate.intervals import wilson
from datatools.evaluate.predictions import table as predictions
from datatools.settings import Settings
from finetune import backbones, features, fitted, surrogate, table
from finetune.backbones import Backbone, BackboneSettings
from finetune.probe import Matrix, Probe
from pipelines.stage import Stage, main

Accuracies = dict[str, dict[str, Any]]

COMPLETED = manifest.Schema("completed", (manifest.IMAGE_ID,), features=True)
HELD_OUT = ("val", "test")
STRANGEST = 6  # images of val and of test that are named

INDEX = manifest.Schema("index", (manifest.IMAGE_ID,))


class ProbeSettings(Settings):
    """Section ``probe`` of ``params.yaml``."""

    seed: int = Field(
        default=0,
        description="Draws the weights of a backbone without pretrained ones, and the folds in which train is told from val and test.",
    )
    backbone: BackboneSettings = Field(
        default=BackboneSettings(), description="The frozen network that gives the features."
    )
    regularisation: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0),
        min_length=1,
        description="Values of C (smaller: a stronger penalty) of which the val rows choose one. Add larger ones for small tables.",
    )


def run(settings: ProbeSettings, stage: Stage) -> Mapping[str, Any]:
    """Extract features, fit the floors, and save the image-only one as the surrogate."""
    rows = _rows(stage)
    backbone = backbones.build(settings.backbone, settings.seed)
    found = features.extract(backbone, [Path(path) for path in rows["pixels"]], _names(rows), stage.store)
    inputs = {"image": found, **_with_table(found, rows, stage)}
    probes = {name: _fit(values, rows, settings, stage) for name, values in inputs.items()}
    _write(settings, backbone, found, probes["image"], rows, stage)
    metrics = _metrics(rows, {name: (probes[name], values) for name, values in inputs.items()})
    return {**metrics, "adversarial_validation": _told_apart(rows, found, settings.seed, stage)}


def _rows(stage: Stage) -> pd.DataFrame:
    """Return the rows of the split with the column ``pixels``: the file to read, changed by ``denoise`` or the original."""
    rows = manifest.read(stage.source("split", "manifest.parquet"), manifest.SPLIT)
    source = stage.source("denoise", "images.parquet")
    pixels = manifest.read(source, manifest.PIXELS).set_index("image_id")["path"]
    _complete(rows["image_id"][~rows["image_id"].isin(pixels.index)], source)
    return rows.assign(pixels=pixels.loc[rows["image_id"]].to_numpy()).sort_values("image_id", ignore_index=True)


def _complete(absent: "pd.Series[str]", source: Path) -> None:
    if len(absent):
        first = absent.iloc[0]
        raise DataError(f"{source}: has no row for {len(absent)} images of the split, such as {first}; run: dvc repro")


def _names(rows: pd.DataFrame) -> list[str]:
    """Return what identifies the pixels of each row: an original by its id, pixels made by ``denoise`` by their bytes."""
    return [
        image_id if pixels == path else _digest(Path(pixels))
        for image_id, path, pixels in rows[["image_id", "path", "pixels"]].astype(str).itertuples(index=False)
    ]


def _digest(path: Path) -> str:
    try:
        return images.sha256(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); run: dvc repro denoise") from None


def _with_table(found: Matrix, rows: pd.DataFrame, stage: Stage) -> dict[str, Matrix]:
    """Return what the floors that see the table learn from; nothing where the table has no features."""
    source = stage.source("impute", "table.parquet")
    frame = manifest.read(source, COMPLETED).set_index("image_id")
    absent = rows["image_id"][~rows["image_id"].isin(frame.index)]
    _complete(absent, source)
    completed = frame.loc[rows["image_id"]]
    known = table.fit(completed[_in(rows, "train")], manifest.feature_columns(frame))(completed)
    return {"table": known, "image_and_table": np.hstack([found, known])} if known.size else {}


def _write(
    settings: ProbeSettings, backbone: Backbone, found: Matrix, image: Probe, rows: pd.DataFrame, stage: Stage
) -> None:
    buffer = io.BytesIO()
    np.save(buffer, found)
    images.write_bytes(stage.out / "features.npy", buffer.getvalue())
    manifest.write(rows[["image_id"]], stage.out / "index.parquet", INDEX)
    card = surrogate.Card(
        classes=image.classes,
        backbone=backbone.settings,  # with the architecture, where a folder said it
        seed=settings.seed,
        weights_sha256=backbone.weights_sha256,
        preprocessing=backbone.preprocessing,
        regularisation=image.regularisation,
    )
    surrogate.save(stage.out, card, image.linear)
    answers = predictions(rows, image.probabilities(found), image.classes)
    manifest.write(answers, stage.out / "predictions.parquet", manifest.PREDICTED)


def _fit(values: Matrix, rows: pd.DataFrame, settings: ProbeSettings, stage: Stage) -> Probe:
    labels = [
        None if missing else str(label) for label, missing in zip(rows["label"], rows["label"].isna(), strict=True)
    ]
    try:
        return fitted.fit(values, labels, _in(rows, "train"), _in(rows, "val"), settings.regularisation, stage.store)
    except DataError as error:
        raise DataError(f"{stage.source('split', 'manifest.parquet')}: {error}") from None


def _in(rows: pd.DataFrame, split: str) -> NDArray[np.bool_]:
    return np.asarray(rows["split"].isin([split]), dtype=np.bool_)


def _metrics(rows: pd.DataFrame, fitted: Mapping[str, tuple[Probe, Matrix]]) -> dict[str, Any]:
    image = fitted["image"][0]
    labels = rows["label"][_in(rows, "train")].dropna()
    majority = sorted(labels.unique(), key=lambda name: (-int(labels.eq(name).sum()), name))[0]
    floors: Accuracies = {"majority": _accuracies(rows, np.full(len(rows), majority, dtype=object))}
    for name, (fit, values) in fitted.items():
        answers = np.array(fit.classes, dtype=object)[fit.probabilities(values).argmax(axis=1)]
        chosen = {"regularisation": fit.regularisation, "converged": fit.converged}
        floors[name] = {**_accuracies(rows, answers), **chosen}
    summary = {f"{split}_accuracy": floors["image"][f"{split}_accuracy"]["value"] for split in ("val", "test")}
    return {**summary, "classes": len(image.classes), "images": len(rows), "train_images": len(labels), **floors}


def _told_apart(rows: pd.DataFrame, found: Matrix, seed: int, stage: Stage) -> dict[str, Any]:
    """Return how well val and test images can be told from train images, and which of them look least like these."""
    groups = np.asarray(joined(rows))

    def compare(splits: Sequence[str]) -> Iterator[dict[str, Any]]:
        for split in splits:
            compared = adversarial_validation.compare(found, _in(rows, "train"), _in(rows, split), groups, seed)
            means = adversarial_validation.in_words(split, compared.auc)
            strangest = [str(rows["path"].iloc[row]) for row in compared.strangest(STRANGEST)]
            yield {"auc": compared.auc.plain(), "means": means, "strangest": strangest}

    shelf = stage.store.shelf("adversarial validation", str(seed), closure.digest("pipelines.probe", "scikit-learn"))
    texts = rows[["path", "split"]].astype(str).to_numpy(str)
    names = [f"{split} {fitted.digest(found, groups, texts)}" for split in HELD_OUT]
    summary = dict(zip(HELD_OUT, cache.complete(compare, HELD_OUT, names, shelf, cache.JSON), strict=True))
    for told in summary.values():
        print(f"probe: {told['means']}")
    return summary


def _accuracies(rows: pd.DataFrame, answers: NDArray[np.object_]) -> dict[str, Any]:
    """Return accuracy with its interval on val and test; a label that train does not have counts as an error."""
    labelled = rows["label"].notna().to_numpy()
    right = labelled & (rows["label"].fillna("").to_numpy(dtype=str) == answers.astype(str))
    chosen = {split: labelled & _in(rows, split) for split in ("val", "test")}
    return {f"{split}_accuracy": wilson(int(right[of].sum()), int(of.sum())).plain() for split, of in chosen.items()}


if __name__ == "__main__":
    main("probe", ProbeSettings, run)
