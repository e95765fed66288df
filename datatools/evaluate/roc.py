"""ROC curves, one class against the rest, and the area under them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datatools.evaluate import areas as under
from datatools.evaluate.areas import Area
from datatools.evaluate.intervals import Estimate, undefined
from datatools.evaluate.outcomes import Flags, Floats, Outcomes
from datatools.evaluate.ranking import rank


@dataclass(frozen=True)
class Curve:
    """A ROC curve from (0, 0) to (1, 1), corners only; the first threshold is infinite, since no score reaches it."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    threshold: Floats


def curve(positive: Flags, score: Floats) -> Curve | None:
    """Return the curve of a score, or None without both positives and negatives.

    Args:
        positive: which of n images belong to the class.
        score: n probabilities of the class; an image is called positive from a threshold upwards.
    """
    positives = int(positive.sum())
    if positives in {0, len(positive)}:
        return None
    ranked = rank(positive, score)
    keep = _corners(ranked.hits, ranked.alarms)
    return Curve(
        np.append(0.0, ranked.alarms[keep] / (len(positive) - positives)),
        np.append(0.0, ranked.hits[keep] / positives),
        np.append(np.inf, ranked.threshold[keep]),
    )


def _corners(hits: NDArray[np.integer], alarms: NDArray[np.integer]) -> Flags:
    """Return which points are needed: those between two equal steps lie on the line through their neighbours."""
    if len(hits) <= 2:
        return np.ones(len(hits), dtype=bool)
    turns = (np.diff(hits, 2) != 0) | (np.diff(alarms, 2) != 0)
    return np.concatenate([[True], turns, [True]])


def areas(outcomes: Outcomes, confidence: float = 0.95) -> dict[str, Estimate]:
    """Return the area under each class's curve; undefined for a class without positives or negatives.

    The variance is DeLong's (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988), over groups where there are some; the interval is
    that of :func:`datatools.evaluate.areas.mean`.
    """
    found = {name: area(*one_against_rest(outcomes, row)) for row, name in enumerate(outcomes.classes)}
    return {
        name: under.mean([each], outcomes.group, confidence) if each else undefined() for name, each in found.items()
    }


def macro_area(outcomes: Outcomes, confidence: float = 0.95) -> Estimate:
    """Return the mean area of the classes that have one, with an interval as in :func:`areas`."""
    found = (area(*one_against_rest(outcomes, row)) for row in range(len(outcomes.classes)))
    defined = [each for each in found if each]
    return under.mean(defined, outcomes.group, confidence) if defined else undefined()


def one_against_rest(outcomes: Outcomes, row: int) -> tuple[Flags, Floats]:
    """Return which images are of a class, by its position in ``outcomes.classes``, and its probabilities."""
    return outcomes.class_of_truth == row, outcomes.probabilities[:, row]


def area(positive: Flags, score: Floats) -> Area | None:
    """Return the area by ranks: the chance that a positive scores above a negative, ties counting one half."""
    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) == 0:
        return None
    ranked = rank(positive, score)
    # Of the positives above, and the negatives below, each score: those at the same score count one half.
    above = ranked.hits - np.diff(ranked.hits, prepend=0) / 2
    below = n - ranked.alarms + np.diff(ranked.alarms, prepend=0) / 2
    placement = np.where(positive, below[ranked.place] / n, above[ranked.place] / m)
    value = float(placement[positive].mean())
    return Area(value, (placement - value) / np.where(positive, _spread(m), _spread(n)), positive)


def _spread(count: int) -> float:
    # Dividing by this turns a sum of squares into a variance of the mean, with the unbiased n - 1.
    return float(np.sqrt(count * max(count - 1, 1)))
