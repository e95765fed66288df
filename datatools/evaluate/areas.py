"""The area under a curve, and its interval from how much each image moves it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datatools.evaluate.intervals import Estimate, of_few, wilson_bounds
from datatools.evaluate.outcomes import Codes, Flags, Floats


@dataclass(frozen=True)
class Area:
    """An area of one class against the rest.

    Attributes:
        influence: how much each image moves it: the squares sum to its variance; shape (n,).
        positive: which of the n images belong to the class.
    """

    value: float
    influence: Floats
    positive: Flags


def mean(of: Sequence[Area], group: Codes, confidence: float = 0.95) -> Estimate:
    """Return the mean of areas over the same n images.

    The variance is the sum over groups of the squared sum of influences (for the ROC area: Obuchowski, Biometrics 53, 1997, 567-578). The
    interval is Wilson's for a share of as many trials as give that variance: it stays in [0, 1] and does not shrink to a point at an area
    of 1. Such an area is worth min(positives, negatives) trials, counted in groups; the fewest that any ROC area can be (Birnbaum and
    Klose, Ann. Math. Stat. 28, 1957). A variance known from few groups makes trials fewer, as in :func:`datatools.evaluate.shares.share`.
    """
    groups = int(np.count_nonzero(np.bincount(group)))
    value = float(np.mean([area.value for area in of]))
    influence = np.bincount(group, weights=np.mean([area.influence for area in of], axis=0))
    # The influences of single images have their n - 1 already.
    unbiased = groups / max(groups - 1, 1) if groups < len(group) else 1.0
    variance = float((influence**2).sum()) * unbiased
    fewest = min(_fewest(area.positive, group) for area in of)
    trials = value * (1 - value) / variance if variance > 0 and fewest > 1 else 0.0
    trials *= of_few(fewest, confidence) if groups < len(group) else 1.0
    return Estimate(value, *wilson_bounds(value, max(trials, fewest), confidence), len(group))


def _fewest(positive: Flags, group: Codes) -> int:
    return min(int(np.count_nonzero(np.bincount(group[side]))) for side in (positive, ~positive) if side.any())
