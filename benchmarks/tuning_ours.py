"""One fine-tuning run of ours, as the stages ``probe`` and ``finetune`` do it with their default settings, in a process of its own.

Arguments: folder of the task (see :mod:`benchmarks.peers.tuning_task`), and a JSON object with ``seed``, ``settings``, a section
``finetune`` of ``params.yaml`` that says what differs from the defaults, and ``scratch``, whether the network begins without pretraining
instead. Counted are frozen features, probe, candidates and guard.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.peers import tuning_task
from benchmarks.peers.tuning_task import Task
from datatools.images import RGB
from finetune import backbones, data, guard, inference, probe, scratch, train
from finetune.backbones import Backbone, BackboneSettings
from finetune.candidate import contest
from finetune.candidate.contest import Contest
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.guard import Choice
from finetune.model import Classifier
from finetune.probe import Probe
from pipelines.finetune import FinetuneSettings
from pipelines.probe import ProbeSettings


@dataclass(frozen=True)
class Delivered:
    """What came out: the model, the probe's model that it began as, and why."""

    model: Classifier
    start: Classifier
    choice: Choice
    epochs: int


def main(folder: str, asked: str) -> None:
    """Fine-tune and print which test images the delivered model and its probe get right."""
    todo = json.loads(asked)
    settings = FinetuneSettings.model_validate({**todo["settings"], "seed": todo["seed"]}, strict=False)
    work = without_pretraining if todo["scratch"] else with_guard
    print(json.dumps(work(Path(folder), settings)))


def with_guard(folder: Path, settings: FinetuneSettings) -> dict[str, Any]:
    """Return what the delivered model and its probe get right."""
    started = time.process_time()
    task = tuning_task.read(folder)
    found = deliver(task, settings)
    seconds = time.process_time() - started
    return {
        "seconds": seconds,
        "epochs": found.epochs,
        "right": _right(found.model, task, "test"),
        "probe_right": _right(found.start, task, "test"),
        "val": found.choice.best.judged.accuracy,
        "probe_val": found.choice.probe.accuracy,
        "alpha": found.choice.best.alpha,
    }


def without_pretraining(folder: Path, settings: FinetuneSettings) -> dict[str, Any]:
    """Return what the same network gets right that began at random and took as many epochs."""
    started = time.process_time()
    task = tuning_task.read(folder)
    before = backbones.build(BackboneSettings(image_size=task.pixels["train"].shape[1]))
    drawn, groups = scratch.network(before.settings, before.preprocessing, task.classes, settings.seed)
    learn, judge = (_examples(task, split) for split in ("train", "val"))
    with tempfile.TemporaryDirectory() as checkpoints:
        saver = Saver(Path(checkpoints))
        fitted = train.fit(drawn, groups, learn, judge, scratch.recipe(settings), settings.seed, saver)
    seconds = time.process_time() - started
    return {"seconds": seconds, "epochs": fitted.curve[-1].epoch, "right": _right(drawn, task, "test")}


def deliver(task: Task, settings: FinetuneSettings) -> Delivered:
    """Fit the probe, run the candidates and let the guard choose."""
    of = backbones.build(BackboneSettings(image_size=task.pixels["train"].shape[1]))
    fitted = _probe(of, task)
    learn, judge = (_examples(task, split) for split in ("train", "val"))
    model = Classifier(of.network, head(of, fitted), of.preprocessing)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as checkpoints:
        tried = Contest(learn, judge, settings.seed, settings.soup, Path(checkpoints))
        runs = contest.run(tried, settings.candidates, settings, model, of.groups)
        choice = guard.settle(model, start, runs, judge, settings.adversarial)
    before = backbones.build(BackboneSettings(image_size=of.preprocessing.size))
    return Delivered(
        model,
        Classifier(before.network, head(of, fitted), of.preprocessing),
        choice,
        sum(len(run.curve) - 1 for run in runs),
    )


def head(of: Backbone, fitted: Probe) -> nn.Linear:
    """Return the probe as a layer on the features as they come."""
    layer = nn.Linear(of.width, len(fitted.classes))
    weight = fitted.linear.weight / fitted.linear.std
    bias = fitted.linear.bias - weight @ fitted.linear.mean
    layer.load_state_dict({"weight": torch.from_numpy(weight).float(), "bias": torch.from_numpy(bias).float()})
    return layer


def _probe(of: Backbone, task: Task) -> Probe:
    pixels = np.concatenate([task.pixels["train"], task.pixels["val"]])
    labels = [f"{label:04d}" for split in ("train", "val") for label in task.labels[split]]
    train = np.arange(len(labels)) < len(task.labels["train"])
    features = _outputs(of.network, of, pixels)
    return probe.fit(features, labels, train, ~train, ProbeSettings().regularisation)


def _examples(task: Task, split: str) -> Examples:
    labels = [str(label) for label in task.labels[split]]
    targets = data.one_hot(labels, [str(number) for number in range(task.classes)])
    pixels = torch.from_numpy(task.pixels[split]).permute(0, 3, 1, 2)
    return Examples(tuple(f"{split} {row}" for row in range(len(labels))), pixels, targets)


def _right(model: Classifier, task: Task, split: str) -> list[int]:
    answers = _outputs(model.logits(), model, task.pixels[split]).argmax(axis=1)
    found: list[int] = (answers == task.labels[split]).astype(int).tolist()
    return found


def _outputs(network: nn.Module, of: Backbone | Classifier, pixels: tuning_task.Pixels) -> NDArray[np.float32]:
    """Return the network's output for decoded images, read by their number instead of from a file."""

    def read(path: Path) -> RGB:
        return np.asarray(pixels[int(path.name)])

    rows = [Path(str(row)) for row in range(len(pixels))]
    return np.stack(list(inference.outputs(network, of.preprocessing, rows, "images", read=read)))


if __name__ == "__main__":
    main(*sys.argv[1:])
