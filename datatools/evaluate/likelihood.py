"""Log loss: how much probability the model gave to the truth."""

import numpy as np
from numpy.typing import NDArray

from datatools.evaluate.intervals import Estimate, percentile, undefined
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.predictions import LEAST

Floats = NDArray[np.float64]

CELLS = 2_000_000  # resampled values held in memory at once


def losses(outcomes: Outcomes) -> Floats:
    """Return the negative log likelihood of each label in nats, shape (n,).

    Probabilities lie in [eps, 1 - eps]; a label that training never saw has probability 0.
    """
    column = outcomes.class_of_truth
    given = np.where(column >= 0, outcomes.probabilities[np.arange(len(column)), column], 0.0)
    return np.asarray(-np.log(np.clip(given, LEAST, 1 - LEAST)), dtype=np.float64)


def log_loss(outcomes: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95) -> Estimate:
    """Return the mean loss in nats with its percentile bootstrap interval over images."""
    if not len(outcomes):
        return undefined()
    values = losses(outcomes)
    return percentile(float(values.mean()), resampled_means(values, draws, rng), len(values), confidence)


def resampled_means(values: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return the mean of each of ``draws`` resamples with replacement, shape (draws,)."""
    size = max(1, CELLS // len(values))
    parts = [
        values[rng.integers(0, len(values), size=(min(size, draws - start), len(values)))].mean(axis=1)
        for start in range(0, draws, size)
    ]
    return np.concatenate(parts)
