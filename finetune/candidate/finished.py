"""What is kept of a candidate that has ended, so that a killed stage goes on with the next one."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from finetune.checkpoint import Saver, Tensors
from finetune.progress import Row
from finetune.train import Fitted

RUNNING, FINISHED = "running", "finished"  # folders of checkpoints


@dataclass(frozen=True)
class Finished:
    """A candidate's run.

    Attributes:
        name: its method.
        curve: one row per epoch; epoch 0 is the probe's model.
        kept: its best epochs with their weights, best first; never epoch 0.
        parameters: how many numbers could change.
        cut: whether the frozen part ran once per view instead of at every step.
    """

    name: str
    curve: tuple[Row, ...]
    kept: tuple[tuple[Row, Tensors], ...]
    parameters: int
    cut: bool

    @property
    def best(self) -> Row:
        """Return the row of the best trained epoch: the first that is kept."""
        return self.kept[0][0]


def of(name: str, fitted: Fitted) -> Finished:
    """Return what is kept of a run, on the CPU."""
    kept = tuple(
        (row, {key: value.detach().cpu() for key, value in weights.items()})
        for row, weights in fitted.kept
        if row.epoch
    )
    return Finished(name, fitted.curve, kept, fitted.parameters, fitted.cut)


def save(folder: Path, finished: Finished) -> None:
    """Write the run down and remove its checkpoints."""
    tensors = {f"{row.epoch} {key}": value for row, weights in finished.kept for key, value in weights.items()}
    state = {
        "curve": [asdict(row) for row in finished.curve],
        "kept": [row.epoch for row, _ in finished.kept],
        "parameters": finished.parameters,
        "cut": finished.cut,
    }
    Saver(folder / FINISHED).save(finished.curve[-1].step, tensors, state)
    shutil.rmtree(folder / RUNNING, ignore_errors=True)


def load(folder: Path, name: str) -> Finished | None:
    """Return the run that :func:`save` wrote; None where there is none, or a damaged one."""
    found = Saver(folder / FINISHED).load()
    if found is None:
        return None
    tensors, state = found
    curve = tuple(Row(**row) for row in state["curve"])
    kept = tuple((curve[epoch], _weights(tensors, epoch)) for epoch in state["kept"])
    return Finished(name, curve, kept, state["parameters"], state["cut"])


def _weights(tensors: Tensors, epoch: int) -> dict[str, Any]:
    prefix = f"{epoch} "
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
