"""A run that is killed at any step and started again ends with the bytes of one that was not."""

import multiprocessing
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from datatools.images import write_bytes
from finetune.checkpoint import Saver
from finetune.learner import Learner
from finetune.session import Session
from finetune.strategy.gradual import Gradual
from tests.finetune import tiny

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

RECIPES: list[dict[str, Any]] = [
    {},
    {"strategy": Gradual(most=2), "epochs": 3},
    {"optimizer": {"method": "sgd"}, "batch_norm": "train"},
    {
        "epochs": 3,
        "ema": 0.9,
        "auto_rates": True,
        "dropout": 0.2,
        "stochastic_depth": 0.2,
        "l1": 0.01,
        "l2_sp": 0.1,
        "class_weights": 1.0,
        "sampling": "balanced",
        "mixing": {"probability": 0.7},
        "batch_norm": "recalibrate",
        "schedule": {"method": "plateau"},
        "optimizer": {"method": "lion"},
        "loss": {"method": "focal"},
        "views": {"count": 3, "crop": 0.4, "colour": 0.2},
    },
    {"mixstyle": {"probability": 0.7}, "adversarial": {"epsilon": 4.0}, "optimizer": {"method": "rmsprop"}},
]


class Killed(Exception):
    """Stands for kill -9 where the test runs in one process."""


@pytest.mark.parametrize("changes", RECIPES)
def test_stopped_after_every_single_step(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, curve = tiny.trained(tiny.recipe(**changes), tmp_path / "whole")
    save = Session.save

    def save_and_die(self: Session, saver: Saver, progress: Any) -> None:
        save(self, saver, progress)
        raise Killed

    monkeypatch.setattr(Session, "save", save_and_die)
    kills = 0
    while True:
        try:
            resumed, same = tiny.trained(tiny.recipe(**changes), tmp_path / "resumed", every=0.0)
            break
        except Killed:
            kills += 1
    assert kills == curve.curve[-1].step
    assert tiny.state(resumed) == tiny.state(whole)
    assert same == curve


def run(folder: str, out: str, steps: "Connection") -> None:
    """Train in a process of its own, slowly, telling the test about each step, and write down what came out."""
    take = Learner.step

    def paced(self: Learner, *values: Any) -> float:
        steps.send_bytes(b".")
        time.sleep(0.02)
        return take(self, *values)

    Learner.step = paced  # type: ignore[method-assign, assignment]
    model, fitted = tiny.trained(tiny.recipe(epochs=3), Path(folder), every=0.05)
    steps.send_bytes(b"end")
    write_bytes(Path(out), b"".join(tiny.state(model).values()) + repr(fitted.curve).encode())


@pytest.fixture(scope="module")
def start() -> Callable[[Path, Path], "tuple[ForkServerProcess, Connection]"]:
    """Return what starts a run in a new process, forked from one that has torch loaded: importing it takes seconds each time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.finetune.test_resume"])

    def begin(folder: Path, out: Path) -> "tuple[ForkServerProcess, Connection]":
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=run, args=(str(folder), str(out), theirs))
        process.start()
        theirs.close()
        return process, ours

    return begin


def finish(process: "ForkServerProcess", steps: "Connection") -> int:
    """Wait for a run and return how many steps it took."""
    count = 0
    while steps.recv_bytes() != b"end":
        count += 1
    process.join()
    assert process.exitcode == 0
    return count


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
def test_killed_at_random_steps(start: Callable[[Path, Path], Any], tmp_path: Path) -> None:
    assert finish(*start(tmp_path / "whole", tmp_path / "whole.bin")) == 9
    draw = random.Random(4)
    for _ in range(6):
        process, steps = start(tmp_path / "killed", tmp_path / "killed.bin")
        for _ in range(draw.randint(1, 3)):
            steps.recv_bytes()
        time.sleep(draw.random() * 0.03)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert not (tmp_path / "killed.bin").exists()
    assert finish(*start(tmp_path / "killed", tmp_path / "killed.bin")) < 9  # it went on instead of starting again
    assert (tmp_path / "killed.bin").read_bytes() == (tmp_path / "whole.bin").read_bytes()


def test_a_checkpoint_that_is_damaged_costs_time_but_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = tiny.trained(tiny.recipe(), tmp_path / "whole")
    tiny.trained(tiny.recipe(), tmp_path / "other", every=0.0)
    (left,) = (tmp_path / "other").glob("*.safetensors")
    left.write_bytes(left.read_bytes()[:-8])
    again, _ = tiny.trained(tiny.recipe(), tmp_path / "other")
    assert tiny.state(again) == tiny.state(whole)
