"""The tables behind the plots, and what DVC makes of them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from dvc_render.vega import VegaRenderer

from pipelines.evaluate import EvaluateSettings, run
from pipelines.stage import execute
from tests.conftest import PROJECT
from tests.pipelines.evaluated import leave, rows

NOWHERE = "http://127.0.0.1:9"  # where nobody listens


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_DEVICE", "cpu")
    (tmp_path / "params.yaml").write_text("evaluate: {intervals: {draws: 100}}\n")
    return tmp_path


def test_the_plots_have_the_columns_that_dvc_reads() -> None:
    leave(rows())
    execute("evaluate", EvaluateSettings, run)
    tables = {path.stem: pd.read_csv(path) for path in Path("data/evaluate/plots").glob("*.csv")}
    assert list(tables["confusion"].columns) == ["actual", "predicted", "images"]
    assert list(tables["confusion_normalised"].columns) == ["actual", "predicted", "share", "images"]
    assert list(tables["roc"].columns) == ["class", "fpr", "tpr", "threshold"]
    assert list(tables["pr"].columns) == ["class", "recall", "precision", "threshold"]
    assert set(tables["reliability"]["scaling"]) == {"none", "temperature"}
    for name in ("errors_by_class", "errors_by_domain"):
        assert list(tables[name].columns) == ["name", "error_rate", "low", "high", "errors", "images"]
        assert tables[name]["images"].sum() == tables["confusion"]["images"].sum()


@pytest.mark.parametrize(
    ("template", "table", "x", "y"),
    [
        ("roc", "roc", "fpr", "tpr"),
        ("rates", "errors_by_class", "error_rate", "name"),
        ("rates", "errors_by_domain", "error_rate", "name"),
        ("pr", "pr", "recall", "precision"),
        ("reliability", "reliability", "confidence", "accuracy"),
        ("confusion_counts", "confusion", "actual", "predicted"),
        ("confusion_shares", "confusion_normalised", "actual", "predicted"),
    ],
)
def test_dvc_can_fill_its_templates_with_the_tables(template: str, table: str, x: str, y: str) -> None:
    leave(rows())
    execute("evaluate", EvaluateSettings, run)
    points = pd.read_csv(f"data/evaluate/plots/{table}.csv").assign(rev="workspace").to_dict("records")
    renderer = VegaRenderer(points, table, template=template, x=x, y=y, template_dir=str(PROJECT / ".dvc/plots"))
    filled = json.dumps(renderer.get_filled_template())
    assert "<DVC_METRIC" not in filled
    named = set(re.findall(r'"field": "(\w+)"', filled)) - {"along", "x", "y", "count", "most", "part"}
    assert named <= points[0].keys()


def test_dvc_compares_the_plots_of_two_versions_without_a_network(project: Path) -> None:
    leave(rows())
    execute("evaluate", EvaluateSettings, run)
    graph = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))
    mine = [plot for plot in graph["plots"] if "data/evaluate" in str(plot)]
    (project / "dvc.yaml").write_text(yaml.safe_dump({"plots": mine}))
    commands("git init --quiet", "dvc init --quiet")
    shutil.copytree(PROJECT / ".dvc/plots", project / ".dvc/plots", dirs_exist_ok=True)
    commands(
        "git add --force dvc.yaml data/evaluate/plots", "git -c user.name=a -c user.email=a@b.c commit --quiet -m one"
    )
    for path in Path("data/evaluate/plots").glob("*.csv"):
        path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    shown = json.loads(commands("dvc plots diff HEAD --json"))
    assert set(shown["data"]) == {name for plot in mine for name in plot}
    for name, drawn in shown["data"].items():
        assert "<DVC_METRIC" not in json.dumps(drawn), name
        assert sorted(drawn[0]["revisions"]) == ["HEAD", "workspace"], name


def commands(*lines: str) -> str:
    """Run commands that need no network, and return what the last one printed."""
    environment = {**os.environ, "DVC_NO_ANALYTICS": "true", "http_proxy": NOWHERE, "https_proxy": NOWHERE}
    programs = {"dvc": [sys.executable, "-m", "dvc"]}
    for line in lines:
        first, *rest = line.split()
        done = subprocess.run(
            [*programs.get(first, [first]), *rest], env=environment, capture_output=True, text=True, check=True
        )
    return done.stdout
