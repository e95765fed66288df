"""What a lever is worth: differences from the baseline, paired by seed, with an interval and a corrected p value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """The mean difference from the baseline.

    Attributes:
        mean: in units of the metric.
        low, high: ends of its 95 % interval; None with one seed, or where all seeds differ by exactly the same amount.
        p: of the two-sided test that the difference is 0; None where there is no interval.
        p_here: the same of the mean over all seeds with these very images, of which other images may know nothing: ``share`` is left out.
        n: seeds.
        same: every seed gave exactly what the baseline gave.
    """

    mean: float
    low: float | None
    high: float | None
    p: float | None
    p_here: float | None
    n: int
    same: bool


def effect(values: Sequence[float], baseline: Sequence[float], share: float = 0.0, confidence: float = 0.95) -> Effect:
    """Compare runs with the baseline's of the same seeds, by Student's t.

    Where seeds draw new splits of the same images, their results are not independent and the plain t interval is too narrow; the variance
    of the mean is then taken as (1 / n + share) times that over the seeds (Nadeau and Bengio, Inference for the generalization error,
    Machine Learning 52, 2003, section 4; eq. 9).

    Args:
        values: metric of the lever's runs, seed by seed; not empty.
        baseline: metric of the baseline's runs with these seeds.
        share: judged images over train images where seeds draw splits; 0 where the split is fixed.
    """
    differences: Floats = np.asarray(values, np.float64) - np.asarray(baseline, np.float64)
    n, mean = len(differences), float(differences.mean())
    same = not differences.any()
    # Equal differences come from counting images, not from certainty: a spread of 0 over a few seeds tells nothing.
    if n < 2 or same or np.ptp(differences) < 1e-12:
        return Effect(mean, None, None, None, None, n, same)
    spread = float(differences.std(ddof=1))
    here, error = spread * np.sqrt(1 / n), spread * np.sqrt(1 / n + share)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    p, p_here = (float(2 * stats.t.sf(abs(mean) / one, n - 1)) for one in (error, here))
    return Effect(mean, mean - half, mean + half, p, p_here, n, same)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p values corrected for their number, so that the chance of one false claim among all stays below the level.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979. None stays None and does not
    count: nothing is claimed there.
    """
    found: list[float | None] = [None] * len(p_values)
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for rank, (p, at) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        found[at] = highest
    return found
