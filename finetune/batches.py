"""Which images, in which view, each step of an epoch shows.

A pass shows every image once (or, balanced, every class as often). With many images an epoch is one pass. With few it is several: fifty
images make two steps of a pass, and a run of eight such epochs would end before it has begun. Fixing the number of steps in place of the
number of passes is the rule of Kolesnikov et al., "Big Transfer", ECCV 2020, section 3.3, for small data sets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from finetune import sampling
from finetune.recipe import Recipe
from finetune.views import Views


@dataclass(frozen=True)
class Batches:
    """The steps of all epochs of a run, a pure function of names, targets, recipe and seed.

    Attributes:
        names: of the images.
        targets: probabilities, shape (N, classes).
        passes: over the images in an epoch.
        steps: in an epoch.
        views: of an image; no more of them than there are passes.
    """

    names: Sequence[str]
    targets: Tensor
    recipe: Recipe
    seed: int
    passes: int
    steps: int
    views: Views

    @property
    def shown(self) -> int:
        """Return how many images an epoch shows."""
        return self.passes * len(self.names)

    def of(self, epoch: int) -> list[tuple[Tensor, Tensor]]:
        """Return rows and views of each step; sizes differ by at most one, so that no step sees a single image."""
        turns = [self._turn(epoch * self.passes + number) for number in range(self.passes)]
        rows, views = (np.array_split(np.concatenate(parts), self.steps) for parts in zip(*turns, strict=True))
        return [(torch.from_numpy(one), torch.from_numpy(other)) for one, other in zip(rows, views, strict=True)]

    def _turn(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rows = sampling.order(self.targets, self.seed, number, self.recipe.sampling)
        return rows, self.views.shown(self.names, self.seed, number)[rows]


def plan(names: Sequence[str], targets: Tensor, recipe: Recipe, seed: int) -> Batches:
    """Return the batches of a run; an epoch has as many passes as it takes to reach ``recipe.steps`` in all epochs."""
    once = math.ceil(len(names) / recipe.batch_size)
    passes = max(1, math.ceil(recipe.steps / (recipe.epochs * once)))
    steps = math.ceil(passes * len(names) / recipe.batch_size)
    views = recipe.views.model_copy(update={"count": min(recipe.views.count, recipe.epochs * passes)})
    return Batches(names, targets, recipe, seed, passes, steps, views)
