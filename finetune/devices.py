"""Where torch computes: chosen by ``execution.yaml``, never by a stage's settings, since it is no part of the result."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from datatools.errors import SettingsError
from datatools.parallel import Execution


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
