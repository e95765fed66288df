"""Averages of weights: the greedy soup (Wortsman et al., "Model soups", ICML 2022, recipe 1).

Models that were fine-tuned from one start often lie in one basin of the loss; the average of their weights is then better than any of
them and costs nothing to run. Greedy: from the best one on, each is added if the average does not get worse by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from finetune.checkpoint import Tensors
from finetune.judge import Judged, Score

Key = Callable[[Judged], Any]  # the larger, the better


@dataclass(frozen=True)
class Ingredient:
    """The weights of one epoch of one candidate."""

    candidate: str
    epoch: int
    weights: Tensors


@dataclass(frozen=True)
class Soup:
    """An average, what it is made of (best first), and how it is judged."""

    ingredients: tuple[Ingredient, ...]
    weights: Tensors
    judged: Judged


def average(models: Sequence[Tensors]) -> Tensors:
    """Return the mean of models with the same names; the mean of equal models is that model, to the bit.

    Integers, such as the counters of BatchNorm, are taken from the first one.
    """
    return {name: _mean([model[name] for model in models]) for name in models[0]}


def greedy(ingredients: Sequence[Ingredient], judge: Score, key: Key) -> Soup:
    """Return the greedy soup; it is never below its best single ingredient.

    Args:
        ingredients: at least one, all with the same names; those added one after the other are tried in the order of their scores.
        key: what is compared.
    """
    single = [(judge(one.weights), one) for one in ingredients]
    single.sort(key=lambda found: key(found[0]), reverse=True)
    soup = Soup((single[0][1],), single[0][1].weights, single[0][0])
    for _, one in single[1:]:
        weights = average([part.weights for part in (*soup.ingredients, one)])
        found = judge(weights)
        if key(found) >= key(soup.judged):
            soup = Soup((*soup.ingredients, one), weights, found)
    return soup


def _mean(values: Sequence[Tensor]) -> Tensor:
    if len(values) == 1 or not values[0].is_floating_point():
        return values[0]
    # In double precision the sum of equal numbers, and its quotient, are exact.
    total = values[0].to(torch.float64)
    for value in values[1:]:
        total = total + value
    return (total / len(values)).to(values[0].dtype)
