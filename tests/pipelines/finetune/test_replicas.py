"""The stage as ``execution.yaml`` starts it with several processes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.pipelines.finetune.world import execute, outputs, write_settings

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = {
    "epochs": 2,
    "steps": 0,
    "views": {"count": 2},
    "candidates": [{"method": "tail"}, {"method": "lp_ft"}],
    "batch_norm": "train",
    "scratch": True,
}


def test_two_processes_deliver_the_bytes_of_one(project: Path) -> None:
    """Several runs one after the other, and statistics that training changes."""
    execute(**SETTINGS)
    alone = outputs()
    write_settings(**SETTINGS)
    Path("execution.yaml").write_text("replicas: 2\ndevice: cpu\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines.finetune"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert outputs() == alone
    assert [line.split(":")[1].strip() for line in done.stdout.splitlines()][:3] == ["tail", "lp_ft", "scratch"]
    assert not list(Path("data").glob(".finetune*"))
    assert not list(Path(".toolkit").glob("checkpoints"))
