"""Experiments in a real git repository with the real ``dvc exp``; the stages are small scripts, so that a run takes seconds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.end_to_end.conftest import PROJECT, Project, surroundings

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("ablate")]

# Like the real ones in what they leave; a setting that is quick to check stands for all of them.
STAGES = """
import json, pathlib, sys
import pandas as pd, yaml
from datatools import manifest
params = yaml.safe_load(open("params.yaml"))
out = pathlib.Path("data") / sys.argv[1]
out.mkdir(parents=True, exist_ok=True)
if sys.argv[1] == "ingest":
    (out / "rows.txt").write_text(pathlib.Path("data/raw/rows.txt").read_text())
if sys.argv[1] == "split":
    ids = [f"{row}{params['split']['seed']}".rjust(64, "0") for row in range(20)]
    splits = ["train"] * 10 + ["val"] * 4 + ["test"] * 6
    table = pd.DataFrame({"image_id": ids, "path": "a.png", "label": "a", "domain": "default", "cluster_id": "c"})
    table = table.assign(captured_at=pd.NaT, group_id=None, given_split=None, split=splits)
    table["captured_at"] = pd.to_datetime(table["captured_at"], utc=True)
    manifest.write(table, out / "manifest.parquet", manifest.SPLIT)
if sys.argv[1] == "evaluate":
    if params["split"]["audit"]["share"] > 0.5:
        sys.exit("evaluate: the loss is not finite; lower the share")
    score = 0.5 + params["split"]["audit"]["share"] + 0.01 * params["split"]["seed"]
    figures = {"accuracy": {"value": score}}
    (out / "metrics.json").write_text(json.dumps({"finetuned": {"val": figures, "test": figures}}))
"""
GRAPH = {
    "ingest": {"deps": ["stages.py", "data/raw"], "params": ["ingest"], "outs": ["data/ingest/rows.txt"]},
    "split": {"deps": ["data/ingest/rows.txt"], "params": ["split"], "outs": ["data/split/manifest.parquet"]},
    "evaluate": {
        "deps": ["data/split/manifest.parquet"],
        "params": ["split"],
        "metrics": ["data/evaluate/metrics.json"],
    },
}
SHARE = "split.audit.share"
PARAMS = {"ingest": {}, "split": {"seed": 0, "audit": {"share": 0.1}}, "report": {}}
LEVERS = {"rate": {"2": {SHARE: 0.2}, "huge": {SHARE: 0.9}, "same": {SHARE: 0.1}}}
EXPERIMENTS = {"seeds": {"keys": ["split.seed"], "values": [0, 1]}, "levers": LEVERS}
NAMES = [f"{name}-s{seed}" for seed in (0, 1) for name in ("baseline", "rate-2", "rate-huge")]


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A project of three quick stages; data/raw is known neither to git nor to DVC, and a file is changed since the commit."""
    project = Project(tmp_path)
    graph = {name: {"cmd": f"{sys.executable} stages.py {name}", **stage} for name, stage in GRAPH.items()}
    for name, text in {
        "stages.py": STAGES,
        "dvc.yaml": yaml.safe_dump({"stages": graph}, sort_keys=False),
        "params.yaml": yaml.safe_dump(PARAMS),
        "experiments.yaml": yaml.safe_dump(EXPERIMENTS),
        ".gitignore": ".toolkit/\n/reports/\n/data/\n",
        "data/raw/rows.txt": "1",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.run("dvc", "init", "--quiet")
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "start")
    (tmp_path / "stages.py").write_text(STAGES + "\n# changed\n")
    return project


def ablate(project: Project, *arguments: str, check: bool = True) -> str:
    command = (sys.executable, "-m", "pipelines.ablate", *arguments)
    done = project.run(*command, check=check, PYTHONPATH=str(PROJECT))
    return done.stdout + done.stderr


def ledger(project: Project) -> pd.DataFrame:
    path = project.root / "reports/experiments.parquet"
    return pd.read_parquet(path).set_index("name") if path.exists() else pd.DataFrame(columns=["outcome"])


def kill_after(project: Project, count: int) -> None:
    """Start the command and kill it with -9 once so many runs have ended."""
    command = [sys.executable, "-m", "pipelines.ablate"]
    surrounded = surroundings() | {"PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, cwd=project.root, env=surrounded, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 300
        while len(ledger(project)) < count and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)  # in the middle of the next run
        os.kill(process.pid, signal.SIGKILL)


def test_one_lever_at_a_time_killed_and_gone_on(small: Project) -> None:
    before = {path: path.read_bytes() for path in small.root.glob("*.*") if path.is_file()}
    kill_after(small, 3)
    first = ledger(small)
    assert 3 <= len(first) < len(NAMES)
    done = first[first["outcome"] == "done"]
    said = ablate(small)
    assert f"6 runs, {len(done)} of them done" in said  # what failed is tried again

    found = ledger(small)
    assert sorted(found.index) == sorted(NAMES)
    assert found.loc[done.index, "ended_at"].equals(done["ended_at"])  # what ended was not run again
    assert found.loc["rate-huge-s1", ["outcome", "message"]].tolist() == [
        "failed",
        "evaluate: the loss is not finite; lower the share",
    ]
    assert found.loc["rate-2-s1", "test"] == pytest.approx(0.7 + 0.01)
    assert found["dirty"].all()
    assert "rate: 2: test +10.0 points" in said
    assert "rate: same: test ±0.0 points; changes nothing" in said
    assert {path: path.read_bytes() for path in before} == before  # the workspace is as it was
    shown = small.run("dvc", "exp", "list", "--name-only").stdout.split()
    assert set(shown) == {name for name in NAMES if "huge" not in name}

    ablate(small, "--note", "rate-2-s0", "worth a longer run")
    assert ledger(small).loc["rate-2-s0", "note"] == "worth a longer run"


def test_a_slip_is_one_line_and_nothing_runs(small: Project) -> None:
    (small.root / "experiments.yaml").write_text(yaml.safe_dump(EXPERIMENTS | {"metrik": "f1"}))
    said = ablate(small, check=False)
    assert said == "ablate: experiments.yaml: metrik: unknown key; known keys: metric, baseline, seeds, levers\n"
    assert not (small.root / "reports").exists()


def test_where_the_baseline_fails_nothing_else_is_run(small: Project) -> None:
    levers = {"rate": {"2": {SHARE: 0.2}}}
    (small.root / "experiments.yaml").write_text(yaml.safe_dump({"baseline": {SHARE: 0.9}, "levers": levers}))
    said = ablate(small, check=False).splitlines()
    message = "evaluate: the loss is not finite; lower the share"
    assert said[-1] == f"ablate: baseline failed, so there is nothing to compare with: {message}"
    assert ledger(small)["outcome"].to_dict() == {"baseline": "failed"}
