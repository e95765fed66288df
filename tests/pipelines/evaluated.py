"""What the stages before ``evaluate`` leave, made small: pictures, a split, a network and the probe's answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from datatools import images, manifest
from datatools.evaluate import predictions
from finetune import backbones, model
from finetune.backbones import BackboneSettings
from finetune.weights import NoWeights
from pipelines.evaluate import COMPLETED

TINY = BackboneSettings(name="test_resnet", image_size=32, weights=NoWeights())
CLASSES = ("cat", "dog", "emu")
LABELS = ["cat", "dog", "emu", "yak", None]


def pictures(count: int, side: int = 40) -> Iterator[tuple[str, str]]:
    rng = np.random.default_rng(0)
    for row in range(count):
        data = images.encode_png(rng.integers(0, 256, (side, side + 5, 3), dtype=np.uint8))
        path = Path(f"data/raw/{row}.png")
        images.write_bytes(path, data)
        yield images.sha256(data), path.as_posix()


def rows(count: int = 24) -> pd.DataFrame:
    ids, paths = zip(*pictures(count), strict=True)
    labels = [LABELS[row % 3] if row < count - 4 else LABELS[3 + row % 2] for row in range(count)]
    return pd.DataFrame(
        {
            "image_id": ids,
            "path": paths,
            "label": pd.Series(labels, dtype="str"),
            "domain": ["ink" if row % 2 else "oil" for row in range(count)],
            "captured_at": pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]"),
            "group_id": pd.Series([None] * count, dtype="str"),
            "cluster_id": ids,
            "split": [("train", "val", "test", "test")[row % 4] if row < count - 4 else "test" for row in range(count)],
        }
    )


def leave(frame: pd.DataFrame, classes: tuple[str, ...] = CLASSES) -> None:
    """Leave what the stages before this one would: a split, pixels, a fine-tuned model and the probe's answers."""
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(frame[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    manifest.write(frame[["image_id"]], Path("data/impute/table.parquet"), COMPLETED)
    Path("data/deduplicate").mkdir(exist_ok=True)
    frame[["cluster_id"]][:0].to_parquet("data/deduplicate/dropped.parquet")
    backbone = backbones.build(TINY)
    classifier = model.Classifier(
        backbone.network, model.random_head(backbone.width, len(classes), 0), backbone.preprocessing
    )
    card = model.Card(
        classes=classes,
        backbone=TINY,
        weights_sha256=None,
        preprocessing=backbone.preprocessing,
        delivered="finetuned",
        lineage={},
        settings={},
    )
    model.save(Path("data/finetune"), card, classifier)
    guesses = np.random.default_rng(1).dirichlet(np.ones(len(classes)), len(frame))
    answers = predictions.table(frame.sort_values("image_id"), guesses, classes)
    manifest.write(answers, Path("data/probe/predictions.parquet"), manifest.PREDICTED)
    Path("data/probe/model.json").write_text(json.dumps({"classes": list(classes)}))


def outputs() -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in Path("data/evaluate").rglob("*") if path.is_file()}
