"""Where a network still holds a map of the picture: found by looking at what its layers give for one, not by its family's name."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from finetune.layout import channels_last

Layout = Literal["channels_first", "channels_last", "tokens"]

TOKENS_BESIDE = 16  # class token, teacher's token and registers, at most


@dataclass(frozen=True)
class Place:
    """A layer whose output is a map of the picture.

    Attributes:
        module: the layer's dotted name in the model.
        layout: maps (N, channels, side, side), maps (N, side, side, channels), or tokens (N, extra + side², channels).
        side: of the map, in cells.
        extra: tokens before those of the cells, such as a class token; 0 for maps.
    """

    module: str
    layout: Layout
    side: int
    extra: int = 0

    def maps(self, output: Tensor) -> Tensor:
        """Return the layer's output, or a gradient of that shape, as (N, channels, side, side)."""
        if self.layout == "channels_first":
            return output
        if self.layout == "channels_last":
            return output.permute(0, 3, 1, 2)
        cells = output[:, self.extra :].transpose(1, 2)
        return cells.reshape(*cells.shape[:2], self.side, self.side)


def find(model: nn.Module, images: Tensor) -> Place | None:
    """Return the last layer whose output is a map of at least 2 x 2 cells through which the answer depends on the picture.

    Behind the last attention of a transformer with a class token the tokens of the picture lead nowhere: their gradient is 0 there, and
    the layer before that attention is found. Asked are layers made of layers, and norms; inside attention are tensors that only look
    like maps.

    Args:
        model: from normalised images to logits, in eval mode.
        images: normalised, shape (N, 3, size, size).

    Returns:
        None where no such layer is found, as in a network that takes a picture for a list of patches (NaFlex of timm).
    """
    found: dict[str, Tensor] = {}
    images = images if len(images) > 1 else images.repeat(2, 1, 1, 1)  # a table of one row is then no picture's
    with torch.enable_grad(), recorded(model, [name for name, _ in model.named_modules() if name], found):
        score = model(images.detach().clone().requires_grad_(True)).amax(dim=1).sum()
        asked = {name: value for name, value in found.items() if _is_asked(model.get_submodule(name), value, images)}
        slopes = torch.autograd.grad(score, list(asked.values()), allow_unused=True) if asked else ()
    sides = {side for value in found.values() if len(value) == len(images) and (side := _side(value))}
    for (name, value), slope in reversed(list(zip(asked.items(), slopes, strict=True))):
        place = _place(name, value, sides)
        if place and slope is not None and place.maps(slope).any():
            return place
    return None


@contextmanager
def recorded(model: nn.Module, names: list[str], into: dict[str, Tensor]) -> Iterator[None]:
    """Note what layers give, by name and in the order in which they end; of a layer that runs more than once, the last."""

    def note(name: str, _module: nn.Module, _inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple | list) and output else output
        into.pop(name, None)
        if isinstance(first, Tensor):
            into[name] = first

    hooks = [model.get_submodule(name).register_forward_hook(partial(note, name)) for name in names]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _is_asked(module: nn.Module, output: Tensor, images: Tensor) -> bool:
    # Windows and branches laid along the first axis are no maps of whole pictures.
    compound = any(True for _ in module.children()) or "norm" in type(module).__name__.lower()
    return compound and output.requires_grad and output.ndim in (3, 4) and len(output) == len(images)


def _place(name: str, output: Tensor, sides: set[int]) -> Place | None:
    if output.ndim == 4:
        side = _side(output)
        layout: Layout = "channels_last" if channels_last(output) else "channels_first"
        return Place(name, layout, side) if side else None
    side, extra = _grid(output.shape[1], sides)
    return Place(name, "tokens", side, extra) if side else None


def _side(output: Tensor) -> int:
    """Return how many cells the side of a square map has; 0 where it is none, or of one cell."""
    if output.ndim != 4:
        return 0
    rows, columns = output.shape[1:3] if channels_last(output) else output.shape[2:4]
    return rows if rows == columns > 1 else 0


def _grid(tokens: int, sides: set[int]) -> tuple[int, int]:
    """Return the side of the grid that tokens make, and how many are left over; (0, 0) where they make none.

    Args:
        sides: of maps seen elsewhere in the network: 9 tokens are 3 x 3, or 2 x 2, a class token and four registers.
    """
    known = [side for side in sides if 0 <= tokens - side**2 <= TOKENS_BESIDE]
    side = max(known, default=math.isqrt(tokens))
    extra = tokens - side**2
    return (side, extra) if side > 1 and (known or extra <= 2) else (0, 0)
