"""What enters the learning part of a network: the frozen part's output for each view of each image.

It is computed once and kept where memory allows, or computed anew at every step. Both give the same bits, because the frozen
part always runs on batches of one shape. On a GPU the decoded images stay in its memory where they fit; otherwise batches are
copied from pinned memory while the step before them runs.
"""

import math
import sys
from collections.abc import Callable, Hashable

import psutil
import torch
from torch import Tensor, nn
from tqdm import tqdm

from finetune.data import Examples
from finetune.inference import CPU_BATCH
from finetune.team import Team
from finetune.views import Variants

Inputs = Callable[[Tensor, Tensor], Tensor]  # (rows, views), integers of shape (n,), to what enters the learning part
Shelf = dict[Hashable, "Kept"]  # what was kept, for runs that share their images and their frozen part

AT_ONCE = 16 * CPU_BATCH  # views that the threads share before the bar moves


class Live:
    """Runs the frozen part whenever it is asked."""

    def __init__(self, trunk: nn.Module, examples: Examples, variants: Variants, team: Team) -> None:
        self.trunk, self.team = trunk, team
        self.pixels, self.variants = examples.pixels, variants
        if team.device.type != "cpu":
            self.variants = variants.to(team.device)
            if _fits(self.pixels.numel(), team.device):
                self.pixels = self.pixels.to(team.device)

    def __call__(self, rows: Tensor, views: Tensor) -> Tensor:
        """Return the trunk's output for a view of each row; float32, channels last where there are channels."""
        parts = self.team.map(lambda part: self._run(rows[part], views[part]), len(rows), CPU_BATCH)
        return torch.cat(parts)

    def _run(self, rows: Tensor, views: Tensor) -> Tensor:
        count = len(rows)
        if (
            self.team.device.type == "cpu" and count < CPU_BATCH
        ):  # filled up to the one shape, see the module's docstring
            rows, views = (torch.cat([values, values[-1:].expand(CPU_BATCH - count)]) for values in (rows, views))
        with torch.no_grad(), self.team.precision():  # both hold for this thread only
            images = self.variants.images(self._pixels(rows), rows, views)
            found: Tensor = self.trunk(images)
        return found[:count]

    def _pixels(self, rows: Tensor) -> Tensor:
        """Return the images of these rows on the device of the team."""
        device = self.team.device
        if device.type == "cpu" or self.pixels.device.type != "cpu":
            return self.pixels[rows.to(self.pixels.device)]
        # Pinned, the copy runs beside the kernels that the step before has queued.
        return self.pixels[rows].pin_memory().to(device, non_blocking=True)


class Kept:
    """Holds the frozen part's output for every view."""

    def __init__(self, live: Live, count: int, views: int) -> None:
        parts = torch.split(torch.arange(count * views), AT_ONCE)
        self.views = views
        bar = tqdm(parts, desc="frozen layers", unit="batch", delay=2, disable=None, file=sys.stderr)
        found = [live(part // views, part % views) for part in bar]
        self.channels_last = found[0].ndim == 4
        # Stored with the channels last, so that a selection is in the layout in which convolutions are fastest.
        self.values = torch.cat([part.permute(0, 2, 3, 1) if self.channels_last else part for part in found])

    def __call__(self, rows: Tensor, views: Tensor) -> Tensor:
        """Return the kept output for a view of each row."""
        chosen = self.values[(rows * self.views + views).to(self.values.device)]
        return chosen.permute(0, 3, 1, 2) if self.channels_last else chosen


def prepare(
    trunk: nn.Module,
    examples: Examples,
    variants: Variants,
    team: Team,
    keep: bool = True,
    shelf: Shelf | None = None,
    frozen: Hashable = None,
) -> Inputs:
    """Return the inputs of the learning part.

    Args:
        trunk: from float images in [0, 1], shape (N, 3, size, size), to what enters the learning part.
        variants: the views of the examples.
        keep: whether the output may be kept; it is if it fits into a quarter of the memory that is free.
        shelf: where kept outputs are found and put; None shares none.
        frozen: names the trunk among those of the shelf.
    """
    live = Live(trunk, examples, variants, team)
    if not keep or not len(examples):
        return live
    name = (frozen, id(examples.pixels), variants.digest(), str(team.device))
    if shelf is not None and name in shelf:
        return shelf[name]
    one = live(torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64))
    size = math.prod(one.shape) * one.element_size() * len(examples) * variants.count
    if not _fits(size, team.device):
        return live
    kept = Kept(live, len(examples), variants.count)
    if shelf is not None:
        shelf[name] = kept
    return kept


def _fits(size: int, device: torch.device) -> bool:
    return size <= _free(device) // 4


def _free(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)
