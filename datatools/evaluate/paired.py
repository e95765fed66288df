"""Two models on the same images: which one is better, and can it be chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from datatools.errors import DataError
from datatools.evaluate.intervals import Estimate, percentile, undefined
from datatools.evaluate.outcomes import Outcomes


@dataclass(frozen=True)
class Comparison:
    """How ``ours`` compares with ``theirs``.

    Attributes:
        ours_only: images that only ours got right.
        theirs_only: images that only theirs got right.
        p_value: of McNemar's exact test that both are right equally often.
        difference: accuracy of ours less that of theirs, in [-1, 1].
    """

    ours_only: int
    theirs_only: int
    p_value: float
    difference: Estimate


def compare(
    ours: Outcomes, theirs: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95
) -> Comparison:
    """Compare two models image by image.

    Raises:
        DataError: they did not answer for the same images.
    """
    if not np.array_equal(ours.image_id, theirs.image_id):
        different = len(set(ours.image_id) ^ set(theirs.image_id))
        raise DataError(f"two models can only be compared on the same images; {different} are in one table only")
    won = int((ours.correct & ~theirs.correct).sum())
    lost = int((theirs.correct & ~ours.correct).sum())
    return Comparison(won, lost, mcnemar(won, lost), _difference(won, lost, len(ours), draws, rng, confidence))


def mcnemar(won: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: a sign test on the images that only one got right.

    McNemar, Psychometrika 12, 1947; the exact form is the binomial test with one half.
    """
    return float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0


def _difference(won: int, lost: int, total: int, draws: int, rng: np.random.Generator, confidence: float) -> Estimate:
    if total == 0:
        return undefined()
    # Resampling images is one multinomial draw over the three things that can happen to one.
    shares: NDArray[np.float64] = np.array([won, lost, total - won - lost]) / total
    drawn = rng.multinomial(total, shares, size=draws)
    return percentile((won - lost) / total, (drawn[:, 0] - drawn[:, 1]) / total, total, confidence)
