"""Several processes for one run: each computes a part of every batch, on a GPU of its own where there are GPUs."""

import os
import sys
from pathlib import Path

from datatools import parallel
from datatools.errors import SettingsError
from datatools.parallel import Execution


def again(module: str, path: Path = Path("execution.yaml")) -> bool:
    """Start as many processes of a module as ``replicas`` says, through ``torchrun``, and wait; return whether that was done.

    Nothing is started for one replica, nor by a replica itself. The processes talk over this machine's loopback only.

    Raises:
        SystemExit: code 1, after a line that says what went wrong.
    """
    try:
        how = parallel.execution(path)
        _enough(how)
    except SettingsError as error:
        sys.exit(f"{module.rpartition('.')[2]}: {error}")
    if how.replicas == 1 or "RANK" in os.environ:  # torchrun sets it
        return False
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as torchrun does, which would warn of it
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    try:
        main(["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={how.replicas}", "-m", module])
    except ChildFailedError:
        sys.exit(1)
    return True


def _enough(how: Execution) -> None:
    if how.replicas == 1:
        return
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() and how.device != "cpu" else 0
    if count and how.replicas > count:
        raise SettingsError(f"execution: replicas: {how.replicas} processes want a GPU each, and there are {count}")
