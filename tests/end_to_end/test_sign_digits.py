"""Real photos with EXIF times and two cameras: a temporal split, and an audit that sees that time and camera are one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

if TYPE_CHECKING:
    from conftest import Project

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = PROJECT.parent / "shared" / "data" / "sign_digits"
CHANCE = 0.1
pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("sign_digits"),
    pytest.mark.skipif(not DIGITS.is_dir(), reason="the sign digits are not beside this checkout"),
]


def test_a_temporal_split_that_is_also_a_split_by_camera(new_project: Callable[[str], "Project"]) -> None:
    project = new_project("sign_digits")
    raw = project.root / "data/raw"
    table = pd.read_csv(DIGITS / "metadata.csv", dtype="string", keep_default_na=False).iloc[::6]
    for path in table["path"]:
        target = raw / "Dataset" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(DIGITS / "Dataset" / path, target)
    table.to_csv(raw / "metadata.csv", index=False)
    shutil.copy2(PROJECT / "examples/sign_digits/params.yaml", project.root / "params.yaml")
    project.change("finetune", epochs=2, steps=0)
    project.repro()
    metrics = project.metrics("evaluate")
    assert metrics["finetuned"]["test"]["accuracy"]["low"] > 4 * CHANCE
    rows = pd.read_parquet(project.root / "data/split/manifest.parquet")
    times = rows.groupby("split")["captured_at"].agg(["min", "max"])
    assert times.loc["train", "max"] < times.loc["val", "min"] <= times.loc["val", "max"] < times.loc["test", "min"]
    findings = {item["check"]: item for item in json.loads((project.root / "data/split/audit.json").read_text())}
    assert not findings["domain_time"]["passed"]
    assert "iPhone 7" in findings["domain_time"]["detail"]
    assert "split by domain" in findings["domain_time"]["detail"]
