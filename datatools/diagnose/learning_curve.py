"""Would more images help? The error of a probe on parts of the training rows, and what twice as many rows would add.

Errors of learners often fall like ``a n^-b + c`` with the number n of images they learnt from (Hestness et al., Deep Learning Scaling is
Predictable, Empirically, 2017), and often enough they do not: curves cross, flatten late or rise (Viering and Loog, The Shape of Learning
Curves: a Review, IEEE TPAMI 45, 2022, 7799-7819). So this looks one doubling ahead and no further, and what it says has an interval.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datatools import seeds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FRACTIONS = (0.1, 0.25, 0.5, 1.0)
FLOORS = np.linspace(0, 0.9, 19)  # the c that are tried, as shares of the smallest error
RESAMPLES = 500


class Part(NamedTuple):
    """Some of the rows.

    Attributes:
        fraction: of all, about; of some classes or groups a part cannot hold so exactly many.
        draw: which of several parts of that size.
        rows: flags, shape (n,).
    """

    fraction: float
    draw: int
    rows: Flags


class Gain(NamedTuple):
    """What twice as many images would add to the accuracy, as a share; with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def parts(labels: NDArray[np.str_], groups: Integers, draws: int, seed: int) -> Iterator[Part]:
    """Yield parts of 10, 25 and 50 % of the rows, several of each, and all rows once.

    Args:
        labels: of each row, shape (n,).
        groups: of each row; a part has all rows of a group or none.
        draws: parts of each size. The smaller parts of one draw lie in its larger ones.
        seed: draws the groups.

    Every class has at least one group in each part, and otherwise about its share of it.
    """
    for draw in range(draws):
        order = _order(labels, groups, seeds.generator(seed, "learning curve", draw))
        for fraction in FRACTIONS[:-1]:
            yield Part(fraction, draw, order < max(fraction, 1e-9))
    yield Part(1.0, 0, np.ones(len(labels), dtype=bool))


def _order(labels: NDArray[np.str_], groups: Integers, random: np.random.Generator) -> Floats:
    """Return for each row the share of its class's groups that come before its group, 0 to 1; equal within a group."""
    _, first, of_row = np.unique(groups, return_index=True, return_inverse=True)
    place = np.empty(len(first))
    for label in np.unique(labels[first]):
        inside = np.flatnonzero(labels[first] == label)
        place[random.permutation(inside)] = np.arange(len(inside)) / len(inside)
    return np.asarray(place[of_row])


def doubling(images: Integers, draws: Integers, right: Flags, groups: Integers, seed: int) -> Gain | None:
    """Return what twice as many images as the largest part has would add; None where there is nothing to say it from.

    Args:
        images: rows that each of s probes learnt from, shape (s,).
        draws: which draw each belongs to, shape (s,).
        right: whether each probe is right about each of m images that none has seen, shape (s, m).
        groups: of these images, shape (m,); they are resampled together.
        seed: draws the resamples.

    The interval is a percentile bootstrap over the groups, over the draws, and over what the largest part happened to hold: there is one
    such part, so its spread is taken from the next smaller ones, as a variance that falls with the number of images.
    """
    sizes = _sizes(images, draws)
    if len(sizes) < 3 or not right.size:
        return None
    counts, errors = _by_group(~right, groups)
    means = errors.sum(axis=1) / counts.sum()
    value = _gain(np.array(list(sizes)), np.array([means[list(probes)].mean() for probes in sizes.values()]))
    random = seeds.generator(seed, "doubling")
    found = [_resampled(sizes, counts, errors, random) for _ in range(RESAMPLES)]
    low, high = np.quantile(found, (0.025, 0.975))
    return Gain(value, min(value, float(low)), max(value, float(high)))


def _sizes(images: Integers, draws: Integers) -> dict[float, list[int]]:
    """Return the probes of each size, by the mean number of images: the parts of one fraction differ by a group."""
    largest = int(np.argmax(images))
    order = [probe for probe in np.argsort(images, kind="stable").tolist() if probe != largest]
    each = len(np.unique(draws))
    levels = [order[start : start + each] for start in range(0, len(order), each)]
    return {**{float(images[level].mean()): level for level in levels}, float(images[largest]): [largest]}


def _by_group(wrong: Flags, groups: Integers) -> tuple[Floats, Floats]:
    _, of_image = np.unique(groups, return_inverse=True)
    counts = np.bincount(of_image).astype(np.float64)
    errors = np.array([np.bincount(of_image, weights=row, minlength=len(counts)) for row in wrong])
    return counts, errors


def _resampled(sizes: dict[float, list[int]], counts: Floats, errors: Floats, random: np.random.Generator) -> float:
    drawn = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)))
    means = errors @ drawn / (counts @ drawn)
    levels = list(sizes.values())
    found = [means[random.choice(level, len(level))].mean() for level in levels[:-1]]
    spread = means[levels[-2]].std(ddof=1) if len(levels[-2]) > 1 else 0.0
    shrunk = spread * np.sqrt(list(sizes)[-2] / list(sizes)[-1])
    last = means[levels[-1][0]] + shrunk * random.standard_normal()
    return _gain(np.array(list(sizes)), np.clip(np.array([*found, last]), 0.0, 1.0))


def _gain(images: Floats, errors: Floats) -> float:
    """Return by how much the error falls from the largest number of images to twice that, on the best of the curves a n^-b + c."""
    errors = np.maximum(errors, 1e-4)
    floors = FLOORS * errors.min()
    logs = np.log(images / images[-1])
    excess = np.log(errors[None] - floors[:, None])
    slopes = (excess - excess.mean(axis=1, keepdims=True)) @ (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()
    heights = np.exp(excess.mean(axis=1) - slopes * logs.mean())
    curves = heights[:, None] * np.exp(slopes[:, None] * logs) + floors[:, None]
    best = int(np.argmin(((curves - errors) ** 2).sum(axis=1)))
    return float(heights[best] * (1 - 2.0 ** slopes[best]))
