"""Threads and processes that share a batch, so that the result has the same bits for any number of them.

The last bits of a convolution depend on the number of threads inside it and on the shape of its batch. So a batch is cut into
slices of a fixed size, each computed by one thread, and the results are joined in the order of the slices. How many threads work at
once changes nothing (tested). Measured on 2 cores: not slower than threads inside operations on a quiet machine, and several times
faster beside other work, where threads inside operations wait for each other at every layer.

Sums over slices are taken along a fixed binary tree, and the processes started by ``torchrun`` take a branch each. So one, two or four
processes on CPUs end in the same bits as well (tested).
"""

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

from datatools.parallel import Execution
from finetune import devices

Result = TypeVar("Result")
Sums = tuple[Tensor, ...]

SLICE = 16  # images of a step; smaller slices keep more cores busy and cost more per image: 8 took 15-25 % longer


@dataclass(frozen=True)
class Team:
    """Where a run computes, and who does it.

    Attributes:
        device: on a GPU a batch is one slice, unless it is cut up to save memory.
        pool: one-thread workers.
        rank, world: number of this process, and how many there are.
        mixed: whether a GPU multiplies in bfloat16.
        compiled: how many steps a run must have before its layers are compiled; None never compiles.
    """

    device: torch.device
    pool: ThreadPoolExecutor
    rank: int = 0
    world: int = 1
    mixed: bool = False
    compiled: int | None = None

    def precision(self) -> AbstractContextManager[object]:
        """Return the context in which forward passes run."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.mixed else nullcontext()

    def map(self, function: Callable[[slice], Result], count: int, size: int = SLICE) -> list[Result]:
        """Return ``function`` of each slice of ``range(count)``, in order; every process computes all of them.

        Args:
            size: of a slice on a CPU; on a GPU everything is one slice.
        """
        return list(self.pool.map(function, _slices(count, size if self.device.type == "cpu" else count)))

    def total(
        self, function: Callable[[slice], Sums], count: int, size: int, like: Sums, *, ordered: bool = False
    ) -> Sums:
        """Return the sums of what ``function`` returns for the slices of ``range(count)``; the processes share the slices.

        Args:
            function: returns tensors shaped as ``like`` for every slice.
            size: of a slice.
            ordered: each slice leaves something behind, as BatchNorm does in training: on CPUs every process computes all of them, one
                after the other.
        """
        slices = _slices(count, size)
        if ordered and self.device.type == "cpu":
            return tree([function(part) for part in slices])
        first, last = branch(len(slices), self.rank, self.world)
        own = tree(list(self.pool.map(function, slices[first:last])))
        return own if self.world == 1 else self._joined(own, len(slices), like)

    def agree(self, values: Sequence[Tensor]) -> None:
        """Let all processes have the mean of what each has, in place; alone it changes nothing."""
        for value in values if self.world > 1 else ():
            distributed.all_reduce(value)
            value.div_(self.world)

    def _joined(self, own: Sums, count: int, like: Sums) -> Sums:
        """Return the sum over the processes, each with its branch of ``count`` slices; a branch may be empty."""
        flat = torch.cat([values.reshape(-1) for values in own or [torch.zeros_like(values) for values in like]])
        if self.device.type == "cpu":
            parts = [torch.empty_like(flat) for _ in range(self.world)]
            distributed.all_gather(parts, flat)
            (flat,) = join([(part,) for part in parts], count)
        else:
            distributed.all_reduce(flat)
        pieces = torch.split(flat, [values.numel() for values in like])
        # In the parameters' own layout: a norm over values in another order has other last bits.
        return tuple(
            torch.empty_like(values).copy_(part.view(values.shape)) for part, values in zip(pieces, like, strict=True)
        )


def join(parts: Sequence[Sums], count: int) -> Sums:
    """Return the sum of what the processes have, each the sum of its branch of ``count`` slices, along the tree over all slices."""
    if len(parts) == 1 or count < 2:
        return parts[0]
    middle, left = _half(count), (len(parts) + 1) // 2
    halves = join(parts[:left], middle), join(parts[left:], count - middle)
    return tuple(one + other for one, other in zip(*halves, strict=True))


def branch(count: int, rank: int, world: int) -> tuple[int, int]:
    """Return the first slice of a process and the one behind its last: its branch of the tree over ``count`` slices."""
    if world == 1 or count < 2:
        return (0, count) if rank == 0 else (count, count)
    middle, left = _half(count), (world + 1) // 2
    if rank < left:
        return branch(middle, rank, left)
    first, last = branch(count - middle, rank - left, world - left)
    return first + middle, last + middle


def tree(parts: Sequence[Sums]) -> Sums:
    """Return the sum of the parts along a binary tree, whose left half holds the largest power of two of them that is less than all."""
    if len(parts) < 2:
        return parts[0] if parts else ()
    middle = _half(len(parts))
    return tuple(one + other for one, other in zip(tree(parts[:middle]), tree(parts[middle:]), strict=True))


def _half(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


@contextmanager
def gather(how: Execution) -> Iterator[Team]:
    """Yield a team of ``how.processes`` threads; torch uses one thread inside operations meanwhile.

    Under ``torchrun`` the processes that it started join; each works on the GPU of its local rank.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    device = devices.choose(how)
    if world > 1 and device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    workers = how.processes if device.type == "cpu" else 1
    with (
        devices.threads(1),
        _joined(world, device) as rank,
        ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        yield Team(device, pool, rank, world, devices.mixed(how, device), devices.compiled(how, device))


@contextmanager
def _joined(world: int, device: torch.device) -> Iterator[int]:
    """Yield this process's rank, in a process group where there are several; they begin and end together."""
    if world == 1:
        yield 0
        return
    if not distributed.is_initialized():
        # One group for the whole process: a second one would find the addresses of the first in torchrun's store.
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(distributed.destroy_process_group)
    _meet(device)
    yield distributed.get_rank()
    _meet(device)  # what one of them writes or removes next, the others have read


def _meet(device: torch.device) -> None:
    """Wait for the other processes."""
    token = torch.zeros(1, device=device)
    distributed.all_reduce(token)
    token.item()  # on a GPU nothing waits before a value is fetched
