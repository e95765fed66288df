"""Finding a batch size: how fast steps of each size are, and where memory ends.

A larger batch is faster only until the device is busy; beyond that it costs memory and, with the same number of epochs, steps. So the
smallest size that is nearly as fast as the fastest is suggested, not the largest that fits.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from datatools.errors import ToolkitError
from finetune.learner import assign, copy
from finetune.plots import curve
from finetune.recipe import Recipe
from finetune.session import Session

SMALLEST, LARGEST = 8, 1024
FEWEST = 16  # steps of an epoch
NEARLY = 0.95  # of the fastest
TIMED, WARM = 3, 1  # steps


@dataclass(frozen=True)
class Tried:
    """One size.

    Attributes:
        size: images per step.
        rate: images per second, the best of a few steps; 0 where memory ended.
        memory: bytes of the GPU in use at most; 0 on a CPU.
    """

    size: int
    rate: float
    memory: int


def sizes(images: int) -> list[int]:
    """Return the sizes to try: powers of two that leave enough steps in an epoch to learn from."""
    found, size = [], SMALLEST
    while size <= min(LARGEST, images // FEWEST):
        found.append(size)
        size *= 2
    return found or [max(2, images // FEWEST)]


def try_sizes(start: Callable[[Recipe], Session], recipe: Recipe, images: int) -> list[Tried]:
    """Return what steps of each size cost, up to the first that does not fit into memory.

    Args:
        start: makes a session for a recipe; the model's weights are put back after each.
        images: how many there are to learn from.

    Raises:
        ToolkitError: not even the smallest size fits into memory.
    """
    found: list[Tried] = []
    for size in sizes(images):
        session = start(recipe.model_copy(update={"batch_size": size}))
        before = copy(session.learner.weights())
        try:
            found.append(_timed(session, size))
        except torch.OutOfMemoryError:
            found.append(Tried(size, 0.0, 0))
            torch.cuda.empty_cache()
            break
        finally:
            assign(session.learner.weights(), before)
            session.hooks.close()
    if not found[-1].rate and len(found) == 1:
        raise ToolkitError(f"not even {found[0].size} images per step fit into memory; lower probe.backbone.image_size")
    return found


def suggestion(found: list[Tried]) -> int:
    """Return the smallest size that is nearly as fast as the fastest."""
    best = max(tried.rate for tried in found)
    return next(tried.size for tried in found if tried.rate >= NEARLY * best)


def draw(found: list[Tried]) -> bytes:
    """Return the curve as a PNG: images per second over the batch size, with the suggestion."""
    fitting = [tried for tried in found if tried.rate]
    points = ([float(tried.size) for tried in fitting], [tried.rate for tried in fitting])
    chosen = suggestion(found)
    return curve("Batch size", "images per step", "images per second", points, chosen, f"suggested: {chosen}", 2)


def described(found: list[Tried]) -> str:
    """Return the outcome in a line."""
    parts = [f"{tried.size}: {tried.rate:.0f}/s" if tried.rate else f"{tried.size}: out of memory" for tried in found]
    return f"suggested finetune.batch_size: {suggestion(found)} (images per second at {', '.join(parts)})"


def _timed(session: Session, size: int) -> Tried:
    cuda = session.crew.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats(session.crew.device)
    seconds = []
    for number in range(WARM + TIMED):
        started = time.perf_counter()
        session.trial(number, 0.0)  # reading the loss waits for the step to end
        seconds.append(time.perf_counter() - started)
    memory = torch.cuda.max_memory_allocated(session.crew.device) if cuda else 0
    return Tried(size, size / min(seconds[WARM:]), memory)
