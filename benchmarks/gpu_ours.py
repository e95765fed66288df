"""Fine-tuning of ours on a GPU, in a process of its own: how many images a second, or from files to metrics.

Arguments: ``rates`` or ``run``, and :class:`Asked` as JSON. The augmentation is timm's default (random resized crops of 8 to 100 % of the
area, mirrored, brightness, contrast and saturation by .4), all layers and BatchNorm learn, AdamW.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

from benchmarks import gpu_photos
from datatools.images import RGB
from datatools.parallel import Execution
from finetune import backbones, data, inference, inputs, train
from finetune.backbones import Backbone, BackboneSettings
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.model import Classifier, random_head
from finetune.optimizer.adamw import AdamW
from finetune.recipe import Recipe
from finetune.strategy.full import Full
from finetune.views import Views
from finetune.weights import NoWeights

SKIPPED = 4  # steps of an epoch that are not timed: the device is not yet as busy as it will be
JUDGED = 64  # validation images where only steps are timed
CROP, COLOUR = 0.92, 0.4


@dataclass(frozen=True)
class Asked:
    """What to run.

    Attributes:
        size: side of the images in pixels.
        count: train images in memory, where only steps are timed: a multiple of the batch.
        folder: photos as :mod:`benchmarks.gpu_photos` writes them, where files are read.
        feeds: where a step's images come from: ``resident`` on the device, ``streamed`` to it, or ``synthetic``, always the same.
        workers: processes and threads that read files.
    """

    network: str
    size: int
    batch: int
    epochs: int
    device: str = "cuda"
    compile: str = "auto"
    count: int = 0
    folder: str = ""
    feeds: tuple[str, ...] = ()
    workers: int = 0

    @property
    def recipe(self) -> Recipe:
        """Return the recipe of a run."""
        views = Views(count=self.epochs, crop=CROP, colour=COLOUR)
        return Recipe(
            steps=0,
            strategy=Full(), epochs=self.epochs, patience=self.epochs, batch_size=self.batch, rate=1e-3, rate_decay=1.0,
            optimizer=AdamW(), batch_norm="train", clip=0.0, views=views,
        )  # fmt: skip

    @property
    def how(self) -> Execution:
        """Return how to run it."""
        precision = "float32" if self.device == "cpu" else "bfloat16"
        return Execution.model_validate(
            {"workers": self.workers, "device": self.device, "precision": precision, "compile": self.compile}
        )


class Clock(Saver):
    """Saves nothing: the loop asks after every step whether to, and some of the answers are the time when the device has caught up."""

    def __init__(self, steps: int, device: str) -> None:
        super().__init__(Path("never-written"))
        self.steps, self.cuda, self.taken = steps, device != "cpu", 0
        self.times: list[float] = []

    def due(self) -> bool:
        """Return False; behind the skipped steps of an epoch, and at its end, look at the clock."""
        self.taken += 1
        if self.taken % self.steps in {0, SKIPPED}:
            if self.cuda:
                torch.cuda.synchronize()
            self.times.append(time.perf_counter())
        return False

    def rates(self) -> list[float]:
        """Return the steps per second of each epoch but the first, in which kernels are chosen."""
        pairs = zip(self.times[2::2], self.times[3::2], strict=True)
        return [(self.steps - SKIPPED) / (end - start) for start, end in pairs]


def rates(asked: Asked) -> dict[str, list[float]]:
    """Return images per second, epoch by epoch, for each way in which the images come."""
    steps, found = asked.count // asked.batch, {}
    for feed in asked.feeds:
        of, clock = _backbone(asked), Clock(steps, asked.device)
        model = Classifier(of.network, random_head(of.width, gpu_photos.CLASSES, 0), of.preprocessing)
        learn, judge = _noise(asked.count, asked.size), _noise(JUDGED, asked.size)
        with fed(feed):
            train.fit(model, of.groups, learn, judge, asked.recipe, 0, clock, how=asked.how)
        found[feed] = [asked.batch * rate for rate in clock.rates()]
    return found


@contextmanager
def fed(feed: str) -> Iterator[None]:
    """Let the images of a step come from elsewhere while the context lasts.

    There is no setting for it: what fits into the device's memory stays there, and only a benchmark wants less.
    """
    prepare, fits = inputs.prepare, inputs._fits
    if feed == "streamed":
        inputs._fits = lambda size, device: False  # noqa: ARG005 (the names are those of what it stands for)
    elif feed == "synthetic":
        inputs.prepare = _same_batch  # type: ignore[assignment] # it takes whatever the real one takes
    try:
        yield
    finally:
        inputs.prepare, inputs._fits = prepare, fits


def _same_batch(trunk: torch.nn.Module, examples: Examples, *others: Any, team: Any, **options: Any) -> Any:
    del others, options
    shape = (min(512, len(examples)), *examples.pixels.shape[1:])
    images = torch.rand(shape, device=team.device).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), team.precision():
        batch = trunk(images)

    def always(rows: Tensor, views: Tensor) -> Tensor:
        del views
        found: Tensor = batch[: len(rows)]
        return found

    return always


def run(asked: Asked) -> dict[str, Any]:
    """Return seconds of each part of a run from files to metrics, and the test accuracy."""
    marks = {"start of Python, imports": time.time() - psutil.Process().create_time()}
    mark = _Marks(marks)
    of = _backbone(asked)
    mark("network")
    parts = {split: _read(of, Path(asked.folder), split) for split in gpu_photos.SPLITS}
    mark("decoding")
    model = Classifier(of.network, random_head(of.width, gpu_photos.CLASSES, 0), of.preprocessing)
    with tempfile.TemporaryDirectory() as folder:
        saver = Saver(Path(folder))
        train.fit(model, of.groups, parts["train"], parts["val"], asked.recipe, 0, saver, how=asked.how)
    mark("training and validation")
    accuracy = _accuracy(model, parts["test"], asked)
    mark("test")
    return {"parts": marks, "seconds": sum(marks.values()), "accuracy": accuracy}


class _Marks:
    """A stop watch: each call writes down the seconds since the one before."""

    def __init__(self, found: dict[str, float]) -> None:
        self.found, self.before = found, time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.found[name], self.before = now - self.before, now


def _backbone(asked: Asked) -> Backbone:
    return backbones.build(BackboneSettings(name=asked.network, weights=NoWeights(), image_size=asked.size))


def _read(of: Backbone, folder: Path, split: str) -> Examples:
    paths = gpu_photos.files(folder, split)
    classes = [str(number) for number in range(gpu_photos.CLASSES)]
    targets = data.one_hot([path.parent.name for path in paths], classes)
    return Examples(tuple(path.name for path in paths), data.decode(paths, of.preprocessing, split), targets)


def _noise(count: int, size: int) -> Examples:
    random = torch.Generator().manual_seed(count)
    pixels = torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8, generator=random)
    targets = torch.eye(gpu_photos.CLASSES)[torch.arange(count) % gpu_photos.CLASSES]
    return Examples(tuple(map(str, range(count))), pixels, targets)


def _accuracy(model: Classifier, test: Examples, asked: Asked) -> float:
    def read(path: Path) -> RGB:
        return np.asarray(test.pixels[int(path.name)].permute(1, 2, 0).numpy())

    rows = [Path(str(row)) for row in range(len(test))]
    outputs = inference.outputs(model.logits(), model.preprocessing, rows, "test", asked.how, read)
    right = np.stack(list(outputs)).argmax(axis=1) == test.targets.argmax(dim=1).numpy()
    return float(right.mean())


def main(arguments: Sequence[str]) -> None:
    """Print what was asked for as one JSON object."""
    what, text = arguments
    values = json.loads(text)
    asked = Asked(**{**values, "feeds": tuple(values.get("feeds", ()))})
    print(json.dumps(rates(asked) if what == "rates" else run(asked)))


if __name__ == "__main__":
    main(sys.argv[1:])
