"""A number with its confidence interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A metric, the ends of its confidence interval, and how many images it rests on.

    All three numbers are None where the metric is not defined, such as the recall of a class that has no image; the ends alone where
    there is nothing to draw again, such as one group of images.

    Attributes:
        name: of the class or domain that it belongs to, where that is part of the result.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    name: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return the estimate as a dict, for JSON."""
        named = {} if self.name is None else {"name": self.name}
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, **named}


def undefined(n: int = 0) -> Estimate:
    """Return the estimate of a metric that is not defined on these images."""
    return Estimate(None, None, None, n)


def wilson(successes: int, total: int, confidence: float = 0.95) -> Estimate:
    """Return a proportion with Wilson's score interval (Wilson, JASA 22, 1927), which holds at 0 and 1 and for small totals.

    Args:
        successes: 0 to ``total``.
        confidence: share of such intervals that hold the true value, in (0, 1).
    """
    if total == 0:
        return undefined()
    low, high = wilson_bounds(successes / total, total, confidence)
    return Estimate(successes / total, low, high, total)


def wilson_bounds(share: float, total: float, confidence: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval for a share in [0, 1] of ``total`` trials; ``total`` need not be whole."""
    z = normal_quantile(confidence)
    shrink = 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink
    half = z / shrink * float(np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)))
    # At a share of 0 or 1 rounding would leave the end a hair on the wrong side of it.
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def normal_quantile(confidence: float) -> float:
    """Return how many standard deviations a two-sided normal interval reaches to each side: 1.96 for .95."""
    return float(norm.ppf((1 + confidence) / 2))


def of_few(groups: int, confidence: float) -> float:
    """Return the part of the trials that counts where so few groups tell their variance: (normal / Student's t quantile) squared."""
    if groups < 2:
        return 0.0
    return float((normal_quantile(confidence) / t.ppf((1 + confidence) / 2, groups - 1)) ** 2)


def of_rates(value: float, draws: Floats, n: int, fewest: float, groups: int, confidence: float = 0.95) -> Estimate:
    """Return an average of rates with Wilson's interval, as of so many trials as leave the variance that its resamples have.

    Percentiles of the resamples would promise too much near 0 and 1: where no image is wrong, no resample has a wrong one.

    Args:
        value: the average, in [0, 1].
        draws: the average on each resample; NaN where a resample does not define it, which is left out.
        n: images; the average is worth so many trials at most.
        fewest: trials that it is worth at 0 and 1, where resamples show no variance.
        groups: what was resampled. Where they are fewer than images their variance is known from few, as in
            :func:`datatools.evaluate.shares.share`.
    """
    defined = draws[~np.isnan(draws)]
    variance = float(defined.var()) if defined.size else 0.0
    trials = min(float(n), value * (1 - value) / variance) if variance > 1e-12 else fewest
    trials *= of_few(groups, confidence) if groups < n else 1.0
    return Estimate(value, *wilson_bounds(value, max(trials, 1.0), confidence), n)


def percentile(value: float, draws: Floats, n: int, confidence: float = 0.95) -> Estimate:
    """Return a value with its percentile bootstrap interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).

    Args:
        value: the metric on the images themselves.
        draws: the metric on each resample; NaN where a resample does not define it, which is left out.
    """
    defined = draws[~np.isnan(draws)]
    if not defined.size:
        return Estimate(value, value, value, n)
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(value, min(value, float(low)), max(value, float(high)), n)
