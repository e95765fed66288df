from pathlib import Path

import pytest

from benchmarks import resume
from benchmarks.resume import TINY, Size
from pipelines import stage
from pipelines.finetune import FinetuneSettings, run


def test_the_prepared_project_is_one_on_which_the_stage_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resume.prepare(tmp_path, Size(TINY, train=30, val=15, epochs=1, last=1))
    monkeypatch.chdir(tmp_path)
    stage.execute("finetune", FinetuneSettings, run)
    found = resume._files(tmp_path)
    assert {"model.safetensors", "model.json", "curves.csv"} <= set(found)
    assert resume.CANDIDATES[1]["method"].encode() in found["model.json"]
