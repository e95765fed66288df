"""In which order, and how often, the train images are shown in an epoch."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from datatools import seeds

Sampling = Literal["shuffled", "balanced"]

WHAT_FOR = (
    "shuffled: every image once per epoch; balanced: every class equally often, images of rare classes more than once. "
    "Balanced helps where few images of a class are lost among many; weighting the loss does so more gently."
)


def order(targets: Tensor, seed: int, epoch: int, sampling: Sampling = "shuffled") -> NDArray[np.int64]:
    """Return the rows of an epoch in the order in which they are shown.

    ``shuffled`` is a permutation. ``balanced`` guarantees, for any epoch and for any run of epochs from the first one: every class that has
    images is shown equally often up to one, and so is every image within its class.

    Args:
        targets: probabilities, shape (N, classes); a soft label counts as its largest class.
        epoch: from 0; together with the seed it names the streams.

    Returns:
        row numbers, shape (N,).
    """
    shuffle = seeds.generator(seed, "finetune", "shuffle", epoch)
    if sampling == "shuffled":
        return shuffle.permutation(len(targets))
    labels = targets.argmax(dim=1).numpy()
    present = np.unique(labels)
    turns = seeds.generator(seed, "finetune", "sampling", "turns").permutation(len(present))
    parts = [
        _turn(np.flatnonzero(labels == label), seed, int(label), _shown(len(labels), turns, place, epoch))
        for place, label in enumerate(present)
    ]
    return shuffle.permutation(np.concatenate(parts))


def _shown(count: int, turns: NDArray[np.int64], place: int, epoch: int) -> tuple[int, int]:
    """Return how many images of a class were shown before an epoch and are shown up to its end.

    The sum over k < n of floor((x + k) / n) is x (Hermite's identity): the classes share each epoch without a remainder.
    """
    first, last = ((number * count + int(turns[place])) // len(turns) for number in (epoch, epoch + 1))
    return first, last


def _turn(rows: NDArray[np.int64], seed: int, label: int, shown: tuple[int, int]) -> NDArray[np.int64]:
    """Return a stretch of the class's rows, repeated without end in one drawn order."""
    # One order for all epochs: with a new one for each round, a stretch over the seam would show an image twice before another once.
    mixed = seeds.generator(seed, "finetune", "sampling", "class", label).permutation(rows)
    return mixed[np.arange(*shown) % len(mixed)]
