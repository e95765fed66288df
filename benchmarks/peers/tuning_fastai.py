"""fastai's ``vision_learner(...).fine_tune`` with its defaults: its head, its rates, an epoch with the body frozen, then one-cycle.

Arguments: folder of libraries, folder of the task, and a JSON object with ``network`` (timm's name), ``budget`` (CPU-seconds) and ``seed``.
The images are augmented as fastai's tutorials do (``aug_transforms``), and the number of epochs is the largest that ends within the
budget. What an epoch takes is measured first, on a learner that is thrown away, and not counted.
"""

import json
import sys
import warnings
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import tuning_task
from benchmarks.peers.tuning_task import Task

LIBRARIES = ("fastai", "timm", "torch")
SPLITS = ("train", "val", "test")
TRIAL = 4  # steps from which the cost of an epoch is told


def main(libraries: str, folder: str, asked: str) -> None:
    """Train within the budget and print which test images are right."""
    sys.path.insert(0, libraries)
    warnings.simplefilter("ignore")  # theirs, about their own dependencies
    fastai: Any = import_module("fastai.vision.all")
    todo = json.loads(asked)
    fastai.set_seed(todo["seed"])
    each = _cost(fastai, Path(folder), todo)
    started = tuning_task.cpu()
    learner, task = _learner(fastai, Path(folder), todo)
    count = tuning_task.epochs(todo["budget"], tuning_task.cpu() - started + each["frozen"], each["unfrozen"])
    _quiet(learner, lambda: learner.fine_tune(count))
    seconds = tuning_task.cpu() - started
    answers = _answers(learner, task)
    tuning_task.report(seconds, count, answers, task, {name: metadata.version(name) for name in LIBRARIES})


def _learner(fastai: Any, folder: Path, todo: dict[str, Any]) -> tuple[Any, Task]:
    task = tuning_task.read(folder)
    pixels, labels = (np.concatenate([part[name] for name in SPLITS]) for part in (task.pixels, task.labels))
    train, val = (len(task.labels[name]) for name in ("train", "val"))
    block = fastai.DataBlock(
        blocks=(fastai.ImageBlock, fastai.CategoryBlock(vocab=list(range(task.classes)))),
        splitter=fastai.IndexSplitter(range(train, train + val)),
        get_x=lambda row: pixels[row],
        get_y=lambda row: int(labels[row]),
        batch_tfms=fastai.aug_transforms(),
    )
    loaders = block.dataloaders(range(train + val), bs=task.batch_size, num_workers=0, device="cpu")
    weights = {"file": str(folder / "weights.safetensors")}
    learner = fastai.vision_learner(
        loaders, todo["network"], metrics=fastai.accuracy, pretrained_cfg_overlay=weights, path=folder
    )
    return learner, task


def _cost(fastai: Any, folder: Path, todo: dict[str, Any]) -> dict[str, float]:
    """Return the CPU-seconds of an epoch, validation included, with the body frozen and not."""
    learner, task = _learner(fastai, folder, todo)
    steps = max(1, len(task.labels["train"]) // task.batch_size)
    taken = min(steps, TRIAL)
    short = fastai.ShortEpochCallback(pct=(taken - 1) / steps, short_valid=False)
    found = {}
    for name, prepare in (("frozen", learner.freeze), ("unfrozen", learner.unfreeze)):
        prepare()
        _quiet(learner, lambda: learner.fit(1, lr=1e-6, cbs=short))  # the first one pays for what is made once
        whole = _seconds(lambda: _quiet(learner, lambda: learner.fit(1, lr=1e-6, cbs=short)))
        judged = _seconds(lambda: _quiet(learner, learner.validate))
        found[name] = (whole - judged) * steps / taken + judged
    return found


def _seconds(work: Callable[[], object]) -> float:
    before = tuning_task.cpu()
    work()
    return tuning_task.cpu() - before


def _quiet(learner: Any, work: Callable[[], object]) -> None:
    with learner.no_bar(), learner.no_logging():
        work()


def _answers(learner: Any, task: Task) -> tuning_task.Numbers:
    first = len(task.labels["train"]) + len(task.labels["val"])
    # rm_type_tfms=0: a row number goes through the getter, as those of train and val do.
    loader = learner.dls.test_dl(list(range(first, first + len(task.labels["test"]))), rm_type_tfms=0)
    with learner.no_bar(), learner.no_logging():
        found, _ = learner.get_preds(dl=loader)
    return np.asarray(found.argmax(dim=1).numpy(), dtype=np.int64)


if __name__ == "__main__":
    main(*sys.argv[1:])
