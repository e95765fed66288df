"""Several processes for one run: each computes a part of every batch, on a GPU of its own where there are GPUs."""

import os
import sys

from datatools.errors import SettingsError
from datatools.parallel import Execution


def again(module: str, how: Execution) -> bool:
    """Start ``how.replicas`` processes of a module through ``torchrun`` and wait for them; return whether that was done.

    Nothing is started for one replica, nor by a replica itself. The processes talk over this machine's loopback only.

    Raises:
        SettingsError: there are fewer GPUs than replicas.
        SystemExit: code 1, after a replica has said in a line what went wrong.
    """
    if how.replicas == 1 or "RANK" in os.environ:  # torchrun sets it
        return False
    _enough(how)
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    try:
        main(["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={how.replicas}", "-m", module])
    except ChildFailedError:
        sys.exit(1)
    return True


def _enough(how: Execution) -> None:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() and how.device != "cpu" else 0
    if count and how.replicas > count:
        raise SettingsError(f"execution: replicas: {how.replicas} processes want a GPU each, and there are {count}")
