"""Images in the order of a score: how many of a class lie above each threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """Counts at each distinct score, from the highest down; equal scores are told apart by no threshold.

    Attributes:
        hits: positives that score at least so much.
        alarms: negatives that score at least so much.
        threshold: the scores.
        place: of each image, the position of its score; shape (n,).
    """

    hits: Counts
    alarms: Counts
    threshold: Floats
    place: NDArray[np.intp]


def rank(positive: Flags, score: Floats) -> Ranking:
    """Return the ranking of n > 0 images.

    Args:
        positive: which of them belong to the class.
        score: n probabilities of the class; an image is called positive from a threshold upwards.
    """
    rising, place = np.unique(score, return_inverse=True)
    falling = len(rising) - 1 - place
    hits = np.bincount(falling, weights=positive, minlength=len(rising)).cumsum()
    above = np.bincount(falling, minlength=len(rising)).cumsum()
    return Ranking(hits.astype(np.int64), (above - hits).astype(np.int64), rising[::-1].copy(), falling)
