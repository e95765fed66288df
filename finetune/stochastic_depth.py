"""Stochastic depth (Huang et al., "Deep networks with stochastic depth", ECCV 2016, section 3): residual branches are skipped at random.

The libraries have layers for it, which draw from torch's global generator, in the order in which threads come by. Here these layers are
replaced: a step draws which branches each image keeps for the whole batch first, and each slice of the batch takes its rows. The network
stays in eval mode, and outside of :meth:`Depth.keeping` it is the network without stochastic depth, bit for bit.
"""

import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from datatools.errors import SettingsError

WHAT_FOR = "Chance that the last residual branch is skipped, falling to 0 at the first; .1 to .3 where a large network overfits."

PLACE = re.compile(r"drop_path\d*$")  # where timm puts nn.Identity or None if it is built without a rate


class _Kept(threading.local):
    """What the running thread keeps at the moment: shape (n, branches), None for everything.

    A copy of a network shares it with no one, and drops nothing: nobody holds its :class:`Depth`.
    """

    def __init__(self) -> None:
        # Not as a default of the class: torch.compile would see the first value only, and go on with it without a word.
        self.now: Tensor | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Kept":
        return _Kept()


class Branch(nn.Module):
    """From the output of a residual branch, shape (N, …), to the same with some images' rows set to 0 and the others scaled up.

    Attributes:
        place: its column of what is kept.
    """

    def __init__(self, place: int, kept: _Kept) -> None:
        super().__init__()
        self.place, self.kept = place, kept

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, unchanged where nothing is to be dropped."""
        kept = self.kept.now
        if kept is None:
            return values
        return values * kept[:, self.place].to(values.dtype).reshape(-1, *[1] * (values.ndim - 1))


@dataclass(frozen=True)
class Depth:
    """The branches of a network that can be dropped.

    Attributes:
        names: of the branches, from input to output.
        rates: with which each is dropped, in [0, 1).
    """

    names: tuple[str, ...]
    rates: tuple[float, ...]
    _kept: _Kept = field(repr=False, compare=False)

    def draw(self, random: np.random.Generator, count: int) -> Tensor:
        """Return what the branches are multiplied by in a step: 0 or 1 / (1 - rate), float32 on the CPU, shape (count, branches)."""
        rates = np.array(self.rates, np.float32)
        kept = random.random((count, len(rates)), dtype=np.float32) >= rates
        return torch.from_numpy(np.where(kept, 1.0 / (1.0 - rates), np.float32(0.0)).astype(np.float32))

    @contextmanager
    def keeping(self, kept: Tensor) -> Iterator[None]:
        """Let this thread's calls of the network drop branches; every call takes ``len(kept)`` images.

        Args:
            kept: rows of what :meth:`draw` returned, on the network's device.
        """
        self._kept.now = kept
        try:
            yield
        finally:
            self._kept.now = None


def stochastic_depth(network: nn.Module, rate: float) -> Depth:
    """Make the residual branches of a network droppable, in place; parameters, buffers and their names stay as they are.

    Replaced are the library's own layers (timm's DropPath, torchvision's StochasticDepth, those of transformers) and the empty places that
    timm leaves for them, so that a network need not be built with a rate. Call it before the network is traced or cut; a second call
    takes the place of the first.

    Args:
        rate: of the last block, in [0, 1). It rises linearly over the blocks from 0 at the first, as in timm; branches of one block have
            the same rate.

    Raises:
        SettingsError: the network has no such branches, as with DenseNet or VGG, or torchvision's ResNet.
    """
    names = _places(network)
    if not names:
        raise SettingsError(
            f"finetune.stochastic_depth: {type(network).__name__} has no residual branches that can be dropped; set it to 0"
        )
    blocks = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
    steps = {block: number / max(1, len(blocks) - 1) for number, block in enumerate(blocks)}
    depth = Depth(names, tuple(rate * steps[name.rpartition(".")[0]] for name in names), _Kept())
    for place, name in enumerate(names):
        parent, _, key = name.rpartition(".")
        setattr(network.get_submodule(parent), key, Branch(place, depth._kept))
    return depth


def check_learning(depth: Depth, learning: Collection[str]) -> None:
    """Raise SettingsError where no branch that is ever dropped has a block that learns: frozen blocks run once, as they are.

    Args:
        learning: names of the parameters that will learn at some time.
    """
    blocks = [name.rpartition(".")[0] for name, rate in zip(depth.names, depth.rates, strict=True) if rate]
    if not any(name.startswith(f"{block}.") for block in blocks for name in learning):
        raise SettingsError(
            "finetune.stochastic_depth: every residual branch is in a frozen layer; let more layers learn, or set it to 0"
        )


def _places(network: nn.Module) -> tuple[str, ...]:
    """Return the names of the branches' places in the order in which their blocks are registered."""
    found: dict[str, None] = {}
    for path, module in network.named_modules():
        empty = [key for key, value in vars(module).items() if value is None and PLACE.search(key)]
        filled = [key for key, child in module.named_children() if _is_place(key, child)]
        found.update((f"{path}.{key}".removeprefix("."), None) for key in [*empty, *filled])
    return tuple(found)


def _is_place(name: str, module: nn.Module) -> bool:
    kind = type(module).__name__
    known = isinstance(module, Branch) or kind.endswith(("DropPath", "StochasticDepth"))
    return known or (kind == "Identity" and bool(PLACE.search(name)))
