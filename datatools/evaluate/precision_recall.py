"""Precision over recall, one class against the rest, and the area under it: the average precision."""

from dataclasses import dataclass

import numpy as np

from datatools.evaluate import areas as under
from datatools.evaluate.areas import Area
from datatools.evaluate.intervals import Estimate, undefined
from datatools.evaluate.outcomes import Flags, Floats, Outcomes
from datatools.evaluate.ranking import rank
from datatools.evaluate.roc import one_against_rest


@dataclass(frozen=True)
class Curve:
    """Precision and recall at each distinct score, from the highest down."""

    recall: Floats
    precision: Floats
    threshold: Floats


def curve(positive: Flags, score: Floats) -> Curve | None:
    """Return the curve of a score, or None without a positive; arguments as in :func:`datatools.evaluate.roc.curve`."""
    if not positive.any():
        return None
    ranked = rank(positive, score)
    precision = ranked.hits / (ranked.hits + ranked.alarms)
    return Curve(ranked.hits / positive.sum(), precision, ranked.threshold)


def areas(outcomes: Outcomes, confidence: float = 0.95) -> dict[str, Estimate]:
    """Return the average precision of each class; undefined for a class that does not occur. It has no chance level of one half: a score
    that knows nothing reaches the class's share of the images.

    The variance is that of the infinitesimal jackknife (Jaeckel, Bell Laboratories, 1972; Efron, The jackknife, the bootstrap and other
    resampling plans, 1982, chapter 6), over groups where there are some; the interval that of :func:`datatools.evaluate.areas.mean`, since
    a binomial one covers better than the bootstrap (Boyd, Eng and Page, ECML 2013).
    """
    found = {name: area(*one_against_rest(outcomes, row)) for row, name in enumerate(outcomes.classes)}
    return {
        name: under.mean([each], outcomes.group, confidence) if each else undefined() for name, each in found.items()
    }


def macro_area(outcomes: Outcomes, confidence: float = 0.95) -> Estimate:
    """Return the mean average precision of the classes that occur, with an interval as in :func:`areas`."""
    found = (area(*one_against_rest(outcomes, row)) for row in range(len(outcomes.classes)))
    defined = [each for each in found if each]
    return under.mean(defined, outcomes.group, confidence) if defined else undefined()


def area(positive: Flags, score: Floats) -> Area | None:
    """Return the average precision: the mean, over positives, of the precision at their score.

    Notes:
        An image's influence is the derivative of the result by its weight: a positive adds its own precision, and each image counts in
        the precision of every positive that does not score above it.
    """
    positives = int(positive.sum())
    if not positives:
        return None
    ranked = rank(positive, score)
    above = (ranked.hits + ranked.alarms).astype(np.float64)
    precision = ranked.hits / above
    here = np.diff(ranked.hits, prepend=0)
    value = float((here * precision).sum() / positives)
    # For each threshold: what one more image from there upwards does to the precisions at it and below.
    gained, lost = (_from_here(here / above), _from_here(here * precision / above))
    place = ranked.place
    influence = positive * (precision[place] - value) + positive * gained[place] - lost[place]
    return Area(value, influence / positives, positive)


def _from_here(values: Floats) -> Floats:
    return np.asarray(values[::-1].cumsum()[::-1], dtype=np.float64)
