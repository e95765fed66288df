"""The curves as DVC shows them: the real command in a repository of its own, with the plots of the project's dvc.yaml."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from finetune import curves
from finetune.progress import Row
from tests.conftest import PROJECT

FILE = "data/finetune/curves.csv"
# A host that nothing answers for: whoever asks for an address fails at once.
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def rows(epochs: int, loss: float = 1.0) -> list[Row]:
    first = Row(0, 0, None, None, loss, 0.5)
    return [first, *(Row(number, 10 * number, 0.01, loss, loss / (number + 1), 0.6) for number in range(1, epochs + 1))]


def test_a_run_that_goes_on_from_an_earlier_epoch_leaves_each_epoch_once(tmp_path: Path) -> None:
    path = tmp_path / "live" / "curves.csv"
    for recorded in (rows(1), rows(2), rows(3), rows(2, 0.5), rows(4, 0.5)):
        curves.write(path, recorded)
        table = pd.read_csv(path)
        assert table["epoch"].tolist() == [row.epoch for row in recorded]
        assert table["val_loss"].tolist() == [row.val_loss for row in recorded]
    assert [file.name for file in path.parent.iterdir()] == ["curves.csv"]


def test_epoch_0_has_no_train_loss(tmp_path: Path) -> None:
    curves.write(tmp_path / "c.csv", rows(1))
    assert pd.read_csv(tmp_path / "c.csv")["train_loss"].isna().tolist() == [True, False]


def run(folder: Path, *command: str) -> str:
    environment = {**os.environ, **OFFLINE, "DVC_NO_ANALYTICS": "true", "DVC_GLOBAL_CONFIG_DIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose last commit has three epochs, and whose workspace has four, with a lower loss."""
    folder = tmp_path_factory.mktemp("repository")
    run(folder, "git", "init", "-q")
    run(folder, sys.executable, "-m", "dvc", "init", "-q")
    shutil.copytree(PROJECT / ".dvc/plots", folder / ".dvc/plots")
    plots = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["plots"]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"plots": [plot for plot in plots if FILE in json.dumps(plot)]}))
    curves.write(folder / FILE, rows(3))
    run(folder, "git", "add", ".")
    run(folder, "git", *AUTHOR, "commit", "-qm", "a run")
    curves.write(folder / FILE, rows(4, 0.5))
    return folder


def points(folder: Path, *command: str) -> dict[str, list[dict[str, Any]]]:
    """Return what each plot draws."""
    told = json.loads(run(folder, sys.executable, "-m", "dvc", "plots", *command, "--json"))
    assert not told.get("errors")
    return {name.rpartition("::")[2]: plots[0]["content"]["data"]["values"] for name, plots in told["data"].items()}


def test_dvc_draws_the_curves_without_a_network(repository: Path) -> None:
    shown = points(repository, "show")
    assert {"loss", "accuracy"} <= shown.keys()
    drawn = {(point["field"], int(point["epoch"])): point["dvc_inferred_y_value"] for point in shown["loss"]}
    assert float(drawn["val_loss", 4]) == 0.1
    assert drawn["train_loss", 0] in ("", None)


def test_dvc_compares_the_curves_of_two_versions(repository: Path) -> None:
    drawn = [(point["rev"], int(point["epoch"])) for point in points(repository, "diff", "HEAD")["accuracy"]]
    assert sorted(drawn) == [("HEAD", epoch) for epoch in range(4)] + [("workspace", epoch) for epoch in range(5)]


def test_a_table_outside_the_outputs_can_be_looked_at_during_a_run(repository: Path) -> None:
    (repository / ".gitignore").write_text(".toolkit/\n")
    curves.write(repository / ".toolkit/curves.csv", rows(2))
    shown = points(repository, "show", ".toolkit/curves.csv", "-x", "epoch", "-y", "val_loss", "-t", "curves")
    assert [float(point["val_loss"]) for point in shown[".toolkit/curves.csv"]] == [row.val_loss for row in rows(2)]
