"""The same bits every time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils import deterministic as memory


@contextmanager
def deterministic(on: bool = True) -> Iterator[None]:
    """Let torch use only algorithms that give the same bits every time; an operation without one raises RuntimeError.

    Args:
        on: False leaves a GPU the choice of faster algorithms, whose sums come in any order.
    """
    if not on:
        with _tried_out():
            yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it when it is first used
    before, filled = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True)
    # Filling memory that is overwritten anyway costs time and finds programming errors only.
    memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        memory.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


@contextmanager
def _tried_out() -> Iterator[None]:
    """Let cuDNN try its algorithms for every shape and take the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
