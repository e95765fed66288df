"""What the fine-tuning peers share: the images that they get, how many epochs fit into their budget, and what they print.

A task is a folder with ``task.npz`` (``train``, ``val`` and ``test``: uint8 images of shape (n, side, side, 3); ``train_labels`` and so on:
class numbers) and ``weights.safetensors`` (the pretrained network under timm's names, without its classifier).
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.int64]

BATCHES = (64, 32, 16, 8)
STEPS = 3  # per epoch at least
MARGIN = 0.97  # of the budget; what an epoch takes is an estimate


@dataclass(frozen=True)
class Task:
    """Decoded images and their class numbers, by split."""

    pixels: dict[str, Pixels]
    labels: dict[str, Numbers]

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        return int(self.labels["train"].max()) + 1

    @property
    def batch_size(self) -> int:
        """Return the largest usual size that gives a few steps per epoch."""
        count = len(self.labels["train"])
        return next((size for size in BATCHES if count >= STEPS * size), BATCHES[-1])


def read(folder: Path) -> Task:
    """Return the task of a folder."""
    splits = ("train", "val", "test")
    with np.load(folder / "task.npz") as file:
        return Task({name: file[name] for name in splits}, {name: file[f"{name}_labels"] for name in splits})


def epochs(budget: float, fixed: float, each: float) -> int:
    """Return how many epochs fit, at least one.

    Args:
        budget: CPU-seconds of the whole run.
        fixed: CPU-seconds of everything that is done once.
        each: CPU-seconds of an epoch.
    """
    return max(1, int((MARGIN * budget - fixed) / each))


def cpu() -> float:
    """Return the CPU-seconds that all threads of this process have taken."""
    return time.process_time()


def report(seconds: float, count: int, answers: Numbers, task: Task, versions: dict[str, str]) -> None:
    """Print the result as one JSON object."""
    right = (answers == task.labels["test"]).astype(int).tolist()
    found: dict[str, Any] = {"seconds": seconds, "epochs": count, "right": right, "versions": versions}
    print(json.dumps(found))
