"""Is the truth among the first k answers?"""

import numpy as np

from datatools.evaluate.intervals import Estimate
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.shares import share


def accuracy(outcomes: Outcomes, k: int, confidence: float = 0.95) -> Estimate:
    """Return the share of images whose label is among the k classes of the highest probability; of equal ones the first comes first."""
    column = outcomes.class_of_truth
    given = outcomes.probabilities[np.arange(len(column)), column][:, None]
    earlier = np.arange(len(outcomes.classes)) < column[:, None]
    before = (outcomes.probabilities > given) | ((outcomes.probabilities == given) & earlier)
    return share((column >= 0) & (before.sum(axis=1) < k), outcomes.group, confidence)
