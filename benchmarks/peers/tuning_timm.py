"""A fine-tuning run as timm's train.py does it, put together from timm's public pieces.

All layers learn at one rate: AdamW (weight decay .05), cosine with warm-up, random resized crops, flips and colour jitter at timm's
defaults, label smoothing .1, no MixUp, no erasing, no average of weights; the epoch with the best accuracy on val is kept. The rate is
1e-3 for a batch of 256, scaled by the root of the batch size, as train.py does for Adam's kin.

Arguments: folder of the task, and a JSON object with ``network``, ``budget`` in CPU-seconds and ``seed``. The number of epochs is the
largest that ends within the budget. What an epoch takes is measured first, on a model that is thrown away, and not counted.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.peers import tuning_task
from benchmarks.peers.tuning_task import Numbers, Pixels

timm: Any = import_module("timm")
data, loss, optim, scheduler, utils = (
    import_module(f"timm.{name}") for name in ("data", "loss", "optim", "scheduler", "utils")
)

LIBRARIES = ("timm", "torch")
RATE, RATE_BATCH, WEIGHT_DECAY, SMOOTHING = 1e-3, 256, 0.05, 0.1
WARM_UP, WARM_UP_SHARE, WARM_UP_RATE = 5, 0.2, 1e-5  # epochs, at most this share of all; where it begins
JUDGED = 256  # images at once
TRIAL = 4  # steps from which the cost of an epoch is told


class Photos(Dataset[tuple[Tensor, int]]):
    """Decoded images behind a transform."""

    def __init__(self, pixels: Pixels, labels: Numbers, transform: Any) -> None:
        self.pixels, self.labels, self.transform = pixels, labels, transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        """Return the network's input and the class."""
        return self.transform(Image.fromarray(self.pixels[row])), int(self.labels[row])


class Run:
    """A model with its images, ready to train."""

    def __init__(self, folder: Path, network: str) -> None:
        self.task = tuning_task.read(folder)
        weights = {"file": str(folder / "weights.safetensors")}
        self.model: nn.Module = timm.create_model(
            network, pretrained=True, pretrained_cfg_overlay=weights, num_classes=self.task.classes
        )
        self.batch = self.task.batch_size
        rate = RATE * (self.batch / RATE_BATCH) ** 0.5
        self.optimizer = optim.create_optimizer_v2(self.model, "adamw", lr=rate, weight_decay=WEIGHT_DECAY)
        self.loss = loss.LabelSmoothingCrossEntropy(SMOOTHING)
        self.train = DataLoader(self._photos("train"), self.batch, shuffle=True, drop_last=True)

    def _photos(self, split: str) -> Photos:
        stated, size = data.resolve_data_config({}, model=self.model), self.task.pixels["train"].shape[1]
        options = {name: stated[name] for name in ("mean", "std", "interpolation")}
        # Test and val images have the size of the network's input already: nothing is cut off.
        transform = data.create_transform(size, is_training=split == "train", crop_pct=1.0, **options)
        return Photos(self.task.pixels[split], self.task.labels[split], transform)

    def steps(self, most: int | None = None) -> Iterator[None]:
        """Take the steps of an epoch, at most so many."""
        self.model.train()
        for number, (images, labels) in enumerate(self.train):
            if number == most:
                return
            self.optimizer.zero_grad()
            self.loss(self.model(images), labels).backward()
            self.optimizer.step()
            yield

    def answers(self, split: str) -> Numbers:
        """Return what the model answers."""
        self.model.eval()
        loader = DataLoader(self._photos(split), JUDGED)
        with torch.inference_mode():
            return np.concatenate([self.model(images).argmax(dim=1).numpy() for images, _ in loader])


def main(folder: str, asked: str) -> None:
    """Train within the budget and print which test images are right."""
    warnings.simplefilter("ignore")
    todo = json.loads(asked)
    each = _cost(Run(Path(folder), todo["network"]))
    utils.random_seed(todo["seed"])
    started = tuning_task.cpu()
    run = Run(Path(folder), todo["network"])
    count = tuning_task.epochs(todo["budget"], tuning_task.cpu() - started, each)
    _fit(run, count)
    seconds = tuning_task.cpu() - started
    versions = {name: metadata.version(name) for name in LIBRARIES}
    tuning_task.report(seconds, count, run.answers("test"), run.task, versions)


def _fit(run: Run, epochs: int) -> None:
    """Train and leave the model with the weights of its best epoch on val."""
    length = len(run.train)
    warm_up = round(min(WARM_UP, WARM_UP_SHARE * epochs) * length)
    schedule = scheduler.CosineLRScheduler(
        run.optimizer, epochs * length, warmup_t=warm_up, warmup_lr_init=WARM_UP_RATE, t_in_epochs=False
    )
    best, kept, number = -1.0, dict[str, Tensor](), 0
    for _ in range(epochs):
        for _ in run.steps():
            number += 1
            schedule.step_update(number)
        if (found := _right(run, "val")) > best:
            best, kept = found, {name: value.clone() for name, value in run.model.state_dict().items()}
    run.model.load_state_dict(kept)


def _right(run: Run, split: str) -> float:
    return float((run.answers(split) == run.task.labels[split]).mean())


def _cost(run: Run) -> float:
    """Return the CPU-seconds of an epoch, validation included."""
    taken = min(TRIAL, len(run.train))
    for _ in run.steps(1):  # the first one pays for what is made once
        pass
    before = tuning_task.cpu()
    for _ in run.steps(taken):
        pass
    between = tuning_task.cpu()
    _right(run, "val")
    return (between - before) * len(run.train) / taken + tuning_task.cpu() - between


if __name__ == "__main__":
    main(*sys.argv[1:])
