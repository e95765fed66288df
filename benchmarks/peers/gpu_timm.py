"""A training loop as timm's train.py has it, with the flags that are fastest: bfloat16, channels last, compiled, a fused optimizer.

Its own loader (all workers, kept between epochs, prefetching to the device), its default augmentation, AdamW. Arguments: ``rate`` or
``run`` and a JSON object with ``network``, ``size``, ``batch``, ``epochs``, ``device``, ``folder`` (a folder per split and class),
``workers`` and ``compile`` (true or false). Prints images per second, epoch by epoch, or the seconds from files to metrics.
"""

import json
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import psutil
import torch
from torch import Tensor, nn

timm: Any = import_module("timm")
data, loss, optim, scheduler = (import_module(f"timm.{name}") for name in ("data", "loss", "optim", "scheduler"))

CLASSES = 10
SKIPPED = 4  # steps of an epoch that are not timed
RATE, WEIGHT_DECAY, SMOOTHING = 1e-3, 0.05, 0.1


class Run:
    """A model on its device with what trains it."""

    def __init__(self, todo: dict[str, Any]) -> None:
        self.todo, self.device = todo, torch.device(todo["device"])
        cuda = self.device.type == "cuda"
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        model = timm.create_model(todo["network"], num_classes=CLASSES)
        self.stated = data.resolve_data_config({"input_size": (3, todo["size"], todo["size"])}, model=model)
        self.model: nn.Module = model.to(self.device, memory_format=torch.channels_last)
        self.optimizer = optim.create_optimizer_v2(
            self.model, "adamw", lr=RATE, weight_decay=WEIGHT_DECAY, **({"fused": True} if cuda else {})
        )
        self.net: Any = torch.compile(self.model) if todo["compile"] else self.model
        self.loss = loss.LabelSmoothingCrossEntropy(SMOOTHING)
        self.cast = torch.autocast(self.device.type, torch.bfloat16, enabled=cuda)

    def loader(self, split: str) -> Any:
        """Return timm's loader of a split; the one of training leaves out the last images that fill no batch."""
        options = {name: self.stated[name] for name in ("input_size", "mean", "std", "crop_pct")}
        training, workers = split == "train", self.todo["workers"]
        return data.create_loader(
            data.create_dataset("", root=f"{self.todo['folder']}/{split}"),
            batch_size=self.todo["batch"],
            is_training=training,
            interpolation="random" if training else "bilinear",
            num_workers=workers,
            persistent_workers=workers > 0,
            use_multi_epochs_loader=training and workers > 0,
            pin_memory=self.device.type == "cuda",
            device=self.device,
            **options,
        )

    def steps(self, loader: Any) -> Iterator[None]:
        """Take the steps of an epoch."""
        self.model.train()
        for images, labels in loader:
            self.step(images, labels)
            yield

    def step(self, images: Tensor, labels: Tensor) -> None:
        """Take one step."""
        images = images.contiguous(memory_format=torch.channels_last)
        with self.cast:
            value = self.loss(self.net(images), labels)
        value.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def accuracy(self, loader: Any) -> float:
        """Return the share of right answers."""
        self.model.eval()
        right = [0.0, 0.0]
        with torch.inference_mode(), self.cast:
            for images, labels in loader:
                images = images.contiguous(memory_format=torch.channels_last)
                right[0] += float((self.net(images).argmax(dim=1) == labels).sum())
                right[1] += len(labels)
        return right[0] / right[1]

    def now(self) -> float:
        """Return the time when the device has caught up."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def rate(todo: dict[str, Any]) -> dict[str, list[float]]:
    """Return images per second, epoch by epoch without the first: from files, and with one batch in memory."""
    run = Run(todo)
    loader = run.loader("train")
    images, labels = next(iter(loader))
    found = {}
    for name, batches in (("files", loader), ("synthetic", [(images, labels)] * len(loader))):
        found[name] = [_timed(run, batches) for _ in range(todo["epochs"])][1:]
    return found


def _timed(run: Run, batches: Any) -> float:
    times = []
    for number, _ in enumerate(run.steps(batches), 1):
        if number in {SKIPPED, len(batches)}:
            times.append(run.now())
    return float((len(batches) - SKIPPED) * run.todo["batch"] / (times[1] - times[0]))


def whole(todo: dict[str, Any]) -> dict[str, Any]:
    """Return the seconds from files to metrics, and the test accuracy."""
    parts = {"start of Python, imports": time.time() - psutil.Process().create_time()}
    before = time.perf_counter()
    run = Run(todo)
    train, val, test = (run.loader(split) for split in ("train", "val", "test"))
    schedule = scheduler.CosineLRScheduler(run.optimizer, todo["epochs"] * len(train), t_in_epochs=False)
    parts["network"], before = time.perf_counter() - before, time.perf_counter()
    number = 0
    for _ in range(todo["epochs"]):
        for _ in run.steps(train):
            number += 1
            schedule.step_update(number)
        run.accuracy(val)
    parts["training and validation"], before = run.now() - before, time.perf_counter()
    accuracy = run.accuracy(test)
    parts["test"] = time.perf_counter() - before
    return {"parts": parts, "seconds": sum(parts.values()), "accuracy": accuracy}


def main(arguments: Sequence[str]) -> None:
    """Print what was asked for as one JSON object."""
    warnings.simplefilter("ignore")  # theirs, about their own dependencies
    what, text = arguments
    print(json.dumps((rate if what == "rate" else whole)(json.loads(text))))


if __name__ == "__main__":
    main(sys.argv[1:])
