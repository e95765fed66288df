"""Where torch computes: chosen by ``execution.yaml``, never by a stage's settings, since it is no part of the result."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from datatools.errors import SettingsError
from datatools.parallel import Execution

STEPS_TO_COMPILE = 4000  # compiling takes about a minute, and saves 10-20 ms of a step


def choose(how: Execution) -> torch.device:
    """Return the device that ``how`` asks for; ``auto`` is the first GPU, or the CPU where there is none.

    Raises:
        SettingsError: a GPU is asked for that this machine does not have.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if how.device == "auto":
        return torch.device("cuda" if count else "cpu")
    device = torch.device(how.device)
    if device.type == "cuda" and (device.index or 0) >= count:
        raise SettingsError(f"execution: device: {how.device} is not there ({count} GPUs are seen); use auto or cpu")
    return device


def mixed(how: Execution, device: torch.device) -> bool:
    """Return whether to multiply in bfloat16: ``auto`` does on a GPU whose tensor cores know it, and never on a CPU."""
    if how.precision == "auto":
        return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    return how.precision == "bfloat16"


def compiled(how: Execution, device: torch.device) -> int | None:
    """Return how many steps a run must have to be compiled: on a GPU a minute's worth; None never compiles."""
    if how.compile == "auto":
        return STEPS_TO_COMPILE if device.type == "cuda" else None
    return 0 if how.compile == "always" else None


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use ``count`` threads inside one operation, and restore what was set before.

    The number of threads changes the last bits of a convolution, so what must not depend on the machine runs with one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
