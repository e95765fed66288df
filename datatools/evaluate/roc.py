"""ROC curves, one class against the rest, and the area under them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from datatools.evaluate.intervals import Estimate, undefined, wilson_bounds
from datatools.evaluate.outcomes import Outcomes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """A ROC curve from (0, 0) to (1, 1), corners only; the first threshold is infinite, since no score reaches it."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    threshold: Floats


@dataclass(frozen=True)
class _Area:
    """An area under the curve, and how much each image moves it (its DeLong component); shape (n,)."""

    value: float
    influence: Floats
    fewest: int


def curve(positive: Flags, score: Floats) -> Curve | None:
    """Return the curve of a score, or None without both positives and negatives.

    Args:
        positive: which of n images belong to the class.
        score: n probabilities of the class; an image is called positive from a threshold upwards.
    """
    positives = int(positive.sum())
    if positives in {0, len(positive)}:
        return None
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # equal scores are told apart by no threshold
    hits = np.cumsum(positive[order], dtype=np.int64)[last]
    alarms = 1 + last - hits
    keep = _corners(hits, alarms)
    return Curve(
        np.append(0.0, alarms[keep] / (len(positive) - positives)),
        np.append(0.0, hits[keep] / positives),
        np.append(np.inf, score[order][last][keep]),
    )


def _corners(hits: NDArray[np.integer], alarms: NDArray[np.integer]) -> Flags:
    """Return which points are needed: those between two equal steps lie on the line through their neighbours."""
    if len(hits) <= 2:
        return np.ones(len(hits), dtype=bool)
    turns = (np.diff(hits, 2) != 0) | (np.diff(alarms, 2) != 0)
    return np.concatenate([[True], turns, [True]])


def areas(outcomes: Outcomes, confidence: float = 0.95) -> dict[str, Estimate]:
    """Return the area under each class's curve; undefined for a class without positives or negatives.

    The variance is DeLong's (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988). The interval is Wilson's for a share of as
    many trials as give that variance: it stays in [0, 1] and does not shrink to a point at an area of 1. Such an area is
    worth min(positives, negatives) trials, the fewest that any can be (Birnbaum and Klose, Ann. Math. Stat. 28, 1957).
    """
    found = {name: _area(*_one_against_rest(outcomes, row)) for row, name in enumerate(outcomes.classes)}
    return {name: _estimate([area], len(outcomes), confidence) if area else undefined() for name, area in found.items()}


def macro_area(outcomes: Outcomes, confidence: float = 0.95) -> Estimate:
    """Return the mean area of the classes that have one, with an interval as in :func:`areas`."""
    found = [_area(*_one_against_rest(outcomes, row)) for row in range(len(outcomes.classes))]
    defined = [area for area in found if area]
    return _estimate(defined, len(outcomes), confidence) if defined else undefined()


def _one_against_rest(outcomes: Outcomes, row: int) -> tuple[Flags, Floats]:
    return outcomes.class_of_truth == row, outcomes.probabilities[:, row]


def _area(positive: Flags, score: Floats) -> _Area | None:
    """Return the area by ranks: the chance that a positive scores above a negative, ties counting one half."""
    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) == 0:
        return None
    ranks = rankdata(score)
    placement = np.empty(len(score))  # share of the other side that each image beats, or loses to
    placement[positive] = (ranks[positive] - rankdata(score[positive])) / n
    placement[~positive] = 1 - (ranks[~positive] - rankdata(score[~positive])) / m
    value = float(placement[positive].mean())
    return _Area(value, (placement - value) / np.where(positive, _spread(m), _spread(n)), min(m, n))


def _spread(count: int) -> float:
    # Dividing by this turns a sum of squares into a variance of the mean, with the unbiased n - 1.
    return float(np.sqrt(count * max(count - 1, 1)))


def _estimate(of: list[_Area], total: int, confidence: float) -> Estimate:
    value = float(np.mean([area.value for area in of]))
    variance = float((np.mean([area.influence for area in of], axis=0) ** 2).sum())
    fewest = min(area.fewest for area in of)
    trials = value * (1 - value) / variance if variance > 0 and fewest > 1 else 0.0
    return Estimate(value, *wilson_bounds(value, max(trials, fewest), confidence), total)
