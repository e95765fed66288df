"""A small project whose stages up to augment have run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml

from datatools import images, manifest
from datatools.denoise.settings import DenoiseSettings
from finetune import probe, surrogate
from pipelines import stage
from pipelines.finetune import COMPLETED, FinetuneSettings, run
from tests.finetune import tiny
from tests.finetune.test_model import card

SETTINGS: dict[str, Any] = {
    "epochs": 6,
    "steps": 0,
    "views": {"count": 2, "crop": 0.0},
    "batch_size": 16,
    "rate": 0.03,
    "strategy": {"method": "partial", "last": 2},
}
ALL = [{"method": "lp_ft"}, {"method": "random_head"}, {"method": "tail"}, {"method": "lp_ft"}]
SPLITS = ["train"] * 30 + ["val"] * 15 + ["test"] * 10 + [None] * 5


def name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def picture(row: int, label: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    pixels = np.random.default_rng(row).integers(0, 150, (40, 32, 3), dtype=np.uint8)
    pixels[..., 2 - label] += 60
    return pixels


def rows() -> pd.DataFrame:
    """Return the split's table; the last five rows have no label, and no split either."""
    labels = [row % 3 for row in range(60)]
    frame = pd.DataFrame(
        {
            "image_id": [name(f"picture {row}") for row in range(60)],
            "path": [f"data/raw/{row:02d}.png" for row in range(60)],
            "label": pd.Series([tiny.CLASSES[label] for label in labels[:55]] + [None] * 5, dtype=object),
            "domain": "default",
            "captured_at": pd.Series([pd.NaT] * 60, dtype="datetime64[us, UTC]"),
            "group_id": pd.Series([None] * 60, dtype=object),
            "cluster_id": [name(f"picture {row}") for row in range(60)],
            "split": pd.Series(SPLITS, dtype=object),
        }
    )
    for row, label in enumerate(labels):
        images.write_bytes(Path(f"data/raw/{row:02d}.png"), images.encode_png(picture(row, label)))
    return frame


def write_probe(frame: pd.DataFrame) -> None:
    of = tiny.backbone()
    pixels = of.preprocessing.batch([images.read(Path(path)) for path in frame["path"]])
    with torch.no_grad():
        features = of.network(tiny.classifier(of).normalise(pixels / 255)).numpy()
    labels = [
        None if missing else str(label) for label, missing in zip(frame["label"], frame["label"].isna(), strict=True)
    ]
    train, val = (frame["split"].isin([split]).to_numpy() for split in ("train", "val"))
    fitted = probe.fit(features, labels, train, val, (1e-7,))  # so strong a penalty that there is much left to learn
    its_card = surrogate.Card(
        classes=fitted.classes,
        backbone=card().backbone,
        seed=0,
        weights_sha256=None,
        preprocessing=of.preprocessing,
        regularisation=fitted.regularisation,
    )
    surrogate.save(Path("data/probe"), its_card, fitted.linear)


def derived(parents: list[str]) -> pd.DataFrame:
    image_id = name("mixed")
    path = f"data/augment/images/{image_id}.png"
    images.write_bytes(Path(path), images.encode_png(picture(99, 0)))
    return pd.DataFrame(
        {
            "image_id": [image_id],
            "path": [path],
            "label": pd.Series([None], dtype=object),
            "domain": ["default"],
            "cluster_id": [parents[0]],
            "split": ["train"],
            "parents": [parents],
            "method": ["mixup"],
            "copy": [0],
            "target_classes": [["red", "blue"]],
            "target_probabilities": [[0.25, 0.75]],
        }
    )


def make() -> None:
    """Write down what the stage reads, in the current folder."""
    frame = rows()
    manifest.write(frame, Path("data/split/manifest.parquet"), manifest.SPLIT)
    manifest.write(frame[["image_id", "path"]], Path("data/denoise/images.parquet"), manifest.PIXELS)
    denoised_by(action="denoise")
    write_probe(frame)
    manifest.write(frame[["image_id"]], Path("data/impute/table.parquet"), COMPLETED)
    Path("data/deduplicate").mkdir()
    frame.head(0)[["cluster_id"]].to_parquet("data/deduplicate/dropped.parquet")
    table = derived([name("picture 0"), name("picture 1")])
    manifest.write(table, Path("data/augment/manifest.parquet"), manifest.DERIVED)


def denoised_by(**settings: Any) -> dict[str, Any]:
    """Write down, and return, how the stage denoise ran."""
    told = DenoiseSettings.model_validate(settings).model_dump(mode="json")
    stage.write_json(Path("data/denoise/settings.json"), told)
    return told


def write_settings(**changes: Any) -> None:
    Path("params.yaml").write_text(yaml.safe_dump({"finetune": {**SETTINGS, **changes}}))


def execute(**changes: Any) -> dict[str, Any]:
    write_settings(**changes)
    stage.execute("finetune", FinetuneSettings, run)
    found: dict[str, Any] = json.loads(Path("data/finetune/metrics.json").read_text())
    return found


def outputs() -> dict[str, bytes]:
    folder = Path("data/finetune")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
