"""Checkpoints of a run: whole or absent, checked when read, and gone when the run has ended well.

A checkpoint is one safetensors file whose metadata hold the state as JSON; its name holds the number of steps and the digest of its
bytes. It is written beside its place, flushed to the disk and renamed, and only then its predecessor goes: a kill at any moment leaves
a whole one.
"""

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

Tensors = dict[str, Tensor]

EVERY = 10.0  # seconds of training that a kill may cost; writing takes a tenth of a second


@dataclass
class Saver:
    """Keeps the newest checkpoint of a run in a folder of its own.

    Attributes:
        folder: named after everything that the run depends on, so that no other run's state is ever taken up.
        every: seconds between two checkpoints; the clock decides when one is written, never what comes out.
    """

    folder: Path
    every: float = EVERY
    _last: float = field(default_factory=lambda: time.monotonic())

    def due(self) -> bool:
        """Return whether it is time for the next one."""
        return time.monotonic() - self._last >= self.every

    def save(self, step: int, tensors: Tensors, state: dict[str, Any]) -> None:
        """Write a checkpoint and drop those before it.

        Args:
            step: how far the run is; the highest one is taken up again.
            state: plain JSON values.
        """
        data = save_tensors(_own(tensors), metadata={"state": json.dumps(state)})
        path = self.folder / f"{step:09d}-{_digest(data)}.safetensors"
        _write(path, data)
        for other in self._files():
            if other != path:
                other.unlink(missing_ok=True)
        self._last = time.monotonic()

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """Return the newest whole checkpoint, or None; a damaged one is passed over."""
        for path in reversed(self._files()):
            if _digest(path.read_bytes()) == path.stem.partition("-")[2]:
                with safe_open(path, framework="pt") as file:
                    state: dict[str, Any] = json.loads(file.metadata()["state"])
                    return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118 (no mapping)
        return None

    def clear(self) -> None:
        """Remove the checkpoints of this run and of abandoned ones beside it: the result is there."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"))


def _own(tensors: Tensors) -> Tensors:
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)
