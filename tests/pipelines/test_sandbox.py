"""The checkout for experiments, with the real git and dvc."""

import os
import subprocess
from pathlib import Path

import pytest

from datatools.errors import DataError
from pipelines import sandbox
from pipelines.sandbox import PLACE, git


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, raw data, and DVC."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    git("init", "--quiet", "--initial-branch=main")
    for name, text in {
        ".gitignore": ".toolkit/\n/data/*\n!*.dvc\n",
        "a.py": "1",
        "b.py": "2",
        "data/raw/x": "3",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    sandbox.dvc("init", "--quiet")
    commit()
    return tmp_path


def commit() -> None:
    git("add", "--all")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "a")


def test_it_follows_the_workspace(here: Path) -> None:
    commit_, dirty = sandbox.prepare()
    assert (commit_, dirty) == (git("rev-parse", "HEAD"), False)
    assert (PLACE / "data/raw/x").samefile("data/raw/x")
    Path("a.py").write_text("changed")
    Path("new").mkdir()
    Path("new/c.py").write_text("new")
    Path("b.py").unlink()
    (PLACE / "b.py").write_text("what an experiment left")
    (PLACE / "left.py").write_text("and this")
    assert sandbox.prepare().dirty
    assert (PLACE / "a.py").read_text() == "changed"
    assert (PLACE / "new/c.py").read_text() == "new"
    assert not (PLACE / "b.py").exists()
    assert not (PLACE / "left.py").exists()
    Path("new/c.py").unlink()
    commit()
    assert not sandbox.prepare().dirty
    assert not (PLACE / "new/c.py").exists()
    assert here == Path.cwd()


def test_raw_data_under_dvcs_control_are_checked_out(here: Path) -> None:
    sandbox.dvc("add", "--quiet", "data/raw")
    commit()
    sandbox.prepare()
    assert (PLACE / "data/raw/x").read_text() == "3"
    assert not (PLACE / "data/raw").is_symlink()
    assert (here / "data/raw/x").exists()


def test_text_that_yaml_takes_for_false_is_written_as_text(here: Path) -> None:
    sandbox.prepare()
    sandbox.write_params({"denoise": {"action": "off"}})
    assert (PLACE / "params.yaml").read_text() == "denoise:\n  action: 'off'\n"
    assert not (here / "params.yaml").exists()


def test_what_a_killed_run_left_is_cleared(here: Path) -> None:
    sandbox.prepare()
    (PLACE / ".git/index.lock").touch()
    (PLACE / ".dvc/tmp").mkdir(exist_ok=True)
    (PLACE / ".dvc/tmp/rwlock").write_text('{"x": {"write": {"pid": 1, "cmd": "dvc"}}}')
    sandbox.clear("name", git("rev-parse", "HEAD"))
    git("status", place=PLACE)
    assert not (PLACE / ".dvc/tmp/rwlock").exists()
    (PLACE / ".git/index.lock").touch()
    sandbox.prepare()
    assert here == Path.cwd()


def test_a_folder_that_is_no_repository_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(DataError, match="this folder is no repository of its own; run: git init"):
        sandbox.prepare()
    subprocess.run(["git", "init", "--quiet"], check=True, env=dict(os.environ))
    with pytest.raises(DataError, match="experiments start from a commit, and there is none"):
        sandbox.prepare()
    Path("below").mkdir()
    monkeypatch.chdir("below")
    with pytest.raises(DataError, match="no repository of its own"):
        sandbox.prepare()


def test_without_dvc_it_says_so(here: Path) -> None:
    (here / ".dvc").rename(here / "away")
    with pytest.raises(DataError, match="dvc, which is not set up in this folder; run: dvc init"):
        sandbox.prepare()


def test_without_raw_data_it_says_so(here: Path) -> None:
    (here / "data/raw/x").unlink()
    (here / "data/raw").rmdir()
    with pytest.raises(DataError, match="data/raw: is missing; put your images there"):
        sandbox.prepare()
