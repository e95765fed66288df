"""A stage that is stopped or killed goes on."""

import multiprocessing
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from finetune.learner import Learner
from finetune.session import Session
from pipelines import stage
from pipelines.finetune import FinetuneSettings, run
from tests.pipelines.finetune.world import ALL, execute, outputs, write_settings


def test_a_stage_that_was_stopped_goes_on_and_gives_the_same_bytes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert execute()["delivered"] == "finetuned"
    whole = outputs()
    save, step, stops = Session.save, Session.epoch, []

    def stop(self: Session, saver: Any, progress: Any) -> None:
        save(self, saver, progress)
        stops.append(progress.step)
        raise KeyboardInterrupt

    def always_due(self: Session, progress: Any, saver: Any, bar: Any) -> None:
        saver.every = 0.0
        step(self, progress, saver, bar)

    monkeypatch.setattr(Session, "epoch", always_due)
    monkeypatch.setattr(Session, "save", stop)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            execute()
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert len(stops) == 3
    assert list(Path(".toolkit/checkpoints").glob("*/lp_ft/running/*.safetensors"))
    execute()
    assert outputs() == whole
    assert not list(Path(".toolkit").glob("checkpoints"))


def slowly(project: str) -> None:
    """Run the stage in a process of its own, the second candidate slowly."""
    take = Learner.step

    def paced(self: Learner, *values: Any, **named: Any) -> Any:
        if list(Path(".toolkit").glob("checkpoints/*/lp_ft/finished/*")):
            time.sleep(60)
        return take(self, *values, **named)

    Learner.step = paced  # type: ignore[method-assign]
    os.chdir(project)
    stage.execute("finetune", FinetuneSettings, run)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
def test_killed_between_two_candidates_it_goes_on_with_the_second(
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_settings(candidates=ALL[:2])
    beside = tmp_path_factory.mktemp("killed") / "project"
    shutil.copytree(project, beside)
    process = multiprocessing.get_context("forkserver").Process(target=slowly, args=(str(beside),))
    process.start()
    execute(candidates=ALL[:2])  # meanwhile: importing torch takes the other process seconds
    whole = outputs()
    monkeypatch.chdir(beside)
    while process.is_alive() and not list(Path(".toolkit").glob("checkpoints/*/lp_ft/finished/*.safetensors")):
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    capfd.readouterr()
    execute(candidates=ALL[:2])
    told = capfd.readouterr().out
    assert "finetune: random_head: " in told
    assert "finetune: lp_ft: " not in told
    assert outputs() == whole
    assert not list(Path(".toolkit").glob("checkpoints"))
