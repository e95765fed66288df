"""A real project in a temporary folder: this tree's files, small data, and the real ``dvc repro``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray

PROJECT = Path(__file__).resolve().parents[2]
Picture = NDArray[np.uint8]

# Small enough for a test: fewer pixels, one pass. Everything else is what a user gets.
SMALL: dict[str, Any] = {
    "ingest": {
        "layout": {
            "method": "table",
            "columns": {"path": "path", "label": "label", "domain": "site", "captured_at": "taken", "group": "pair"},
            "features": ["age", "kind", "smoker"],
        }
    },
    "probe": {"backbone": {"image_size": 64}},
    "finetune": {"epochs": 2, "steps": 0, "views": {"count": 2}},
}


@dataclass(frozen=True)
class Project:
    """A checkout with data in which commands run as a user would run them."""

    root: Path

    def run(self, *command: str, check: bool = True, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command; a failure shows everything that it printed."""
        done = subprocess.run(
            command, cwd=self.root, env=surroundings() | environment, capture_output=True, text=True, timeout=900
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done

    def repro(self, **environment: str) -> list[str]:
        """Run ``dvc repro`` and return the stages that ran."""
        return stages_run(self.run("dvc", "repro", **environment).stdout)

    def change(self, section: str, **values: Any) -> None:
        """Change values of one section of ``params.yaml``."""
        path = self.root / "params.yaml"
        settings = yaml.safe_load(path.read_text())
        settings[section].update(values)
        path.write_text(yaml.safe_dump(settings, sort_keys=False))

    def metrics(self, stage: str) -> Any:
        """Return the metrics that a stage wrote."""
        return yaml.safe_load((self.root / "data" / stage / "metrics.json").read_text())

    def outputs(self) -> dict[str, str]:
        """Return the digest that dvc.lock has for each output."""
        lock = yaml.safe_load((self.root / "dvc.lock").read_text())
        return {out["path"]: out["md5"] for stage in lock["stages"].values() for out in stage["outs"]}

    def copy(self, to: Path) -> "Project":
        """Return a second checkout with the same data and history."""
        shutil.copytree(self.root, to, symlinks=True)
        return Project(to)


def surroundings() -> dict[str, str]:
    """Return the environment in which commands run: this interpreter first, no telemetry, nothing asked of a person."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "true",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "TOOLKIT_WORKERS": "1",
    }


def stages_run(output: str) -> list[str]:
    """Return the stages that ``dvc repro`` says it ran, in order."""
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage ")]


def checkout(root: Path) -> Project:
    """Make a git repository with the files of this tree, as a fresh clone has them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (PROJECT / name).is_file() and not name.startswith("tests/") and name != "dvc.lock":
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, root / name)
    project = Project(root)
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "start")
    return project


def shrink(project: Project) -> None:
    """Make the settings small, so that all ten stages take about half a minute."""
    for section, values in SMALL.items():
        project.change(section, **values)


def drawn(shape: str, ink: int, rng: np.random.Generator) -> Picture:
    """Draw one figure on a plain ground, 56 x 56."""
    ground = 235 if ink < 128 else 25
    picture = np.full((56, 56, 3), ground, np.uint8) + rng.integers(-10, 10, 3).astype(np.uint8)
    x, y, size = (int(value) for value in rng.integers((20, 20, 10), (36, 36, 17)))
    colour = [int(value) for value in np.clip(ink + rng.integers(-40, 40, 3), 0, 255)]
    if shape == "circle":
        cv2.circle(picture, (x, y), size, colour, -1, cv2.LINE_AA)
    elif shape == "square":
        cv2.rectangle(picture, (x - size, y - size), (x + size, y + size), colour, -1)
    else:
        corners = np.array([[x, y - size], [x - size, y + size], [x + size, y + size]])
        cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
    return picture


def figures(raw: Path, seed: int = 0) -> None:
    """Fill ``raw`` with 108 drawings at two sites, a table with gaps, and what goes wrong in real folders."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(108):
        site, label = ("day", "night")[number % 2], ("circle", "square", "triangle")[number % 3]
        picture = drawn(label, 60 if site == "day" else 200, rng)
        if number % 18 == 5:
            noisy = picture + rng.normal(0, 25, picture.shape)
            picture = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        path = raw / site / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture)
        rows.append(_row(number, path.relative_to(raw), label, site, rng))
    _spoil(raw, rows)
    pd.DataFrame(rows).to_csv(raw / "metadata.csv", index=False)


def _row(number: int, path: Path, label: str, site: str, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "path": path.as_posix(),
        "label": label,
        "site": site,
        "taken": f"2024-{1 + number % 12:02}-{1 + number % 28:02}",
        "pair": f"p{number // 2}",
        "age": "" if number % 5 == 0 else round(float(rng.normal(40, 10)), 1),
        "kind": "" if number % 7 == 0 else ("a", "b")[number % 2],
        "smoker": "" if number % 4 == 0 else ("yes", "no")[int(rng.integers(2))],
    }


def _spoil(raw: Path, rows: list[dict[str, Any]]) -> None:
    """Add an exact copy, a re-encoded copy, a truncated file, a row without a file and a file without a row."""
    original = (raw / rows[0]["path"]).read_bytes()
    (raw / "copy.png").write_bytes(original)
    cv2.imwrite(str(raw / "near.jpg"), cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR))
    (raw / "half.png").write_bytes(original[: len(original) // 2])
    (raw / "orphan.png").write_bytes(original)
    for name in ("copy.png", "near.jpg", "half.png", "gone.png"):
        rows.append({**rows[0], "path": name, "pair": f"extra-{name}"})


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pipeline has run once. Never change it: take ``finished.copy``."""
    project = checkout(tmp_path_factory.mktemp("finished") / "project")
    figures(project.root / "data/raw")
    shrink(project)
    project.run("git", "commit", "--quiet", "--all", "--message", "small")
    assert project.repro() == list(yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"])
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A finished project to change as you like."""
    return finished.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Make a fresh checkout without data."""
    return lambda name: checkout(tmp_path_factory.mktemp(name) / "project")
