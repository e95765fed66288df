import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from datatools.errors import DataError
from datatools.settings import Settings
from pipelines import stage
from pipelines.stage import Stage

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys, time
from datatools.settings import Settings
from pipelines import stage

class Nothing(Settings):
    n: int = 1

def run(settings, stage):
    (stage.out / "half.txt").write_text("half")
    print("started", flush=True)
    {body}
    (stage.out / "whole.txt").write_text("whole")
    return {{"n": settings.n}}

stage.main("demo", Nothing, run)
"""


class Nothing(Settings):
    n: int = 1


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("demo: {n: 3}\n")
    return tmp_path


def start(project: Path, body: str) -> "subprocess.Popen[str]":
    (project / "script.py").write_text(SCRIPT.format(body=body))
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "script.py"]
    return subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_outputs_appear_whole_with_metrics(project: Path) -> None:
    def run(settings: Nothing, stage: Stage) -> dict[str, int]:
        (stage.out / "a.txt").write_text("a")
        assert not (project / "data/demo").exists()
        return {"n": settings.n}

    stage.execute("demo", Nothing, run)
    assert json.loads((project / "data/demo/metrics.json").read_text()) == {"n": 3}
    assert sorted(path.name for path in (project / "data").iterdir()) == ["demo"]


def test_a_failing_run_leaves_the_old_outputs_and_nothing_half_written(project: Path) -> None:
    stage.execute("demo", Nothing, lambda settings, stage: {"n": 1})

    def fail(settings: Nothing, stage: Stage) -> dict[str, int]:
        (stage.out / "half.txt").write_text("half")
        raise DataError("no")

    with pytest.raises(DataError):
        stage.execute("demo", Nothing, fail)
    left = sorted(path.name for path in (project / "data").rglob("*"))
    assert left == ["demo", "metrics.json", "settings.json"]


def test_nan_is_no_metric(project: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        stage.execute("demo", Nothing, lambda settings, stage: {"n": float("nan")})
    assert not (project / "data/demo").exists()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("demo: {m: 3}\n", "demo: params.yaml: demo.m: unknown key; known keys: n\n"),
        ("other: {}\n", "demo: params.yaml: demo: the section is missing\n"),
        ("demo: {n: [\n", "demo: params.yaml: is not valid YAML"),
        ("demo: {n: 2024-02-30}\n", "demo: params.yaml: is not valid YAML: day is out of range for month"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_1(project: Path, params: str, message: str) -> None:
    (project / "params.yaml").write_text(params)
    process = start(project, "pass")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(message)
    assert errors.count("\n") == 1
    assert not (project / "data/demo").exists()


def test_a_killed_stage_leaves_nothing_where_an_output_belongs_and_can_start_again(project: Path) -> None:
    process = start(project, "time.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.kill()
    process.communicate(timeout=10)
    assert not (project / "data/demo").exists()
    process = start(project, "pass")
    process.communicate(timeout=60)
    assert process.returncode == 0
    files = sorted(path.name for path in (project / "data/demo").iterdir())
    assert files == ["half.txt", "metrics.json", "settings.json", "whole.txt"]
    assert sorted(path.name for path in (project / "data").iterdir()) == ["demo"]


@pytest.mark.skipif(sys.platform != "linux", reason="the death of the parent is signalled on Linux only")
def test_a_stage_dies_with_a_killed_dvc_and_the_shell_between(project: Path) -> None:
    (project / "script.py").write_text(SCRIPT.format(body="time.sleep(60)"))
    # A stand-in for `dvc repro` by name only: what counts is who its descendants are.
    dvc = project / "dvc"
    dvc.write_text(f"#!/bin/sh\nsh -c '{sys.executable} script.py; true'\ntrue\n")
    dvc.chmod(0o755)
    parent = subprocess.Popen(
        [str(dvc)], cwd=project, env={**os.environ, "PYTHONPATH": str(PROJECT)}, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    child = next(p for p in psutil.Process(parent.pid).children(recursive=True) if "script.py" in p.cmdline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
