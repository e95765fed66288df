"""Threads that share a batch, so that the result has the same bits for any number of them.

The last bits of a convolution depend on the number of threads inside it and on the shape of its batch. So a batch is cut into
slices of a fixed size, each computed by one thread, and the results are joined in the order of the slices. How many threads work at
once changes nothing (tested). Measured on 2 cores: not slower than threads inside operations on a quiet machine, and several times
faster beside other work, where threads inside operations wait for each other at every layer.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from datatools.parallel import Execution
from finetune import devices

Result = TypeVar("Result")

SLICE = 16  # images of a step; smaller slices keep more cores busy and cost more per image: 8 took 15-25 % longer


@dataclass(frozen=True)
class Team:
    """Where a run computes, and who does it.

    Attributes:
        device: on a GPU a batch is one slice.
        pool: one-thread workers.
    """

    device: torch.device
    pool: ThreadPoolExecutor

    def map(self, function: Callable[[slice], Result], count: int, size: int = SLICE) -> list[Result]:
        """Return ``function`` of each slice of ``range(count)``, in order.

        Args:
            size: of a slice on a CPU; ``count`` for what looks at the whole batch, such as BatchNorm in training mode.
        """
        size = size if self.device.type == "cpu" else count
        slices = [slice(start, min(start + size, count)) for start in range(0, count, size)]
        return list(self.pool.map(function, slices))


@contextmanager
def gather(how: Execution) -> Iterator[Team]:
    """Yield a team of ``how.processes`` threads; torch uses one thread inside operations meanwhile."""
    device = devices.choose(how)
    workers = how.processes if device.type == "cpu" else 1
    with devices.threads(1), ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield Team(device, pool)
