"""How much probability the model gave to the truth: log loss and Brier score of each image."""

import numpy as np
from numpy.typing import NDArray

from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.predictions import LEAST

Floats = NDArray[np.float64]


def losses(outcomes: Outcomes) -> Floats:
    """Return the negative log likelihood of each label in nats, shape (n,).

    Probabilities lie in [eps, 1 - eps]; a label that training never saw has probability 0.
    """
    return np.asarray(-np.log(np.clip(_given(outcomes), LEAST, 1 - LEAST)), dtype=np.float64)


def briers(outcomes: Outcomes) -> Floats:
    """Return the squared distance of each image's probabilities from the truth, in [0, 2], shape (n,).

    Brier, Monthly Weather Review 78, 1950: summed over all classes, also where there are two. A label that training never saw is one more
    class, of probability 0.
    """
    given = _given(outcomes)
    return np.asarray((outcomes.probabilities**2).sum(axis=1) - given**2 + (1 - given) ** 2, dtype=np.float64)


def _given(outcomes: Outcomes) -> Floats:
    column = outcomes.class_of_truth
    given = outcomes.probabilities[np.arange(len(column)), column]
    return np.asarray(np.where(column >= 0, given, 0.0), dtype=np.float64)
