"""Where the draws of a training step come from: named streams, one for each step and purpose, and one for each slice of a batch.

A resumed run draws what an unbroken one would have drawn, and the number of threads changes nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from torch import Tensor

from datatools import seeds


class Draws(NamedTuple):
    """The streams of one step.

    Attributes:
        seed: of the run.
        step: number of the step, counted over all epochs.
    """

    seed: int
    step: int

    def __call__(self, *names: str | int) -> np.random.Generator:
        """Return the stream of a purpose, such as ``draws("mixing")``."""
        return seeds.generator(self.seed, "finetune", "step", self.step, *names)


class Chance(threading.local):
    """What the running thread's slice of a batch draws from; None outside training steps, where nothing is drawn.

    Attributes:
        random: the stream.
        domains: of the slice's images, whole numbers of shape (n,), where they are known.
    """

    def __init__(self) -> None:
        # Not as defaults of the class: torch.compile would see the first value only, and go on with it without a word.
        self.random: np.random.Generator | None = None
        self.domains: Tensor | None = None

    @contextmanager
    def drawing(self, random: np.random.Generator, domains: Tensor | None = None) -> Iterator[None]:
        """Let what this thread computes draw from ``random`` while the context lasts."""
        self.random, self.domains = random, domains
        try:
            yield
        finally:
            self.random, self.domains = None, None
