"""The walk-through of docs/sharing.md, command by command."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("end_to_end")]


def blocks(project: "Project") -> list[str]:
    text = (project.root / "docs/sharing.md").read_text()
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


def test_push_clone_pull_and_nothing_runs(project: "Project", tmp_path: Path) -> None:
    shared, origin = tmp_path / "shared", tmp_path / "origin.git"
    shared.mkdir()
    project.run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    project.run("git", "remote", "add", "origin", str(origin))
    project.run("git", "config", "push.autoSetupRemote", "true")
    track, remote, push, pull = blocks(project)
    names = {"SHARED_FOLDER": str(shared), "GIT_URL": str(origin)}
    for block in (track, remote, push):
        project.run("bash", "-euc", block, **names)
    done = project.run("bash", "-euc", f"cd '{tmp_path}'\n{pull}", **names)
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout + done.stderr
    colleague = tmp_path / "colleague"
    for file in ("reports/index.html", "data/finetune/model.safetensors", "data/raw/metadata.csv"):
        assert (colleague / file).read_bytes() == (project.root / file).read_bytes()
