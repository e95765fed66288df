"""Do the probabilities mean what they say? Expected calibration error, and the temperature that mends them."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from datatools.evaluate.intervals import Estimate
from datatools.evaluate.outcomes import Codes, Floats, Outcomes
from datatools.evaluate.shares import share

BINS = 15
COOLEST, HOTTEST = 0.05, 20.0  # temperatures; a model without an error on val would ask for 0
TABLE = ("scaling", "from", "to", "confidence", "accuracy", "low", "high", "images")


def confidences(outcomes: Outcomes) -> Floats:
    """Return the probability of each answer, shape (n,)."""
    return np.asarray(outcomes.probabilities.max(axis=1, initial=0.0), dtype=np.float64)


def bins(confidence: Floats) -> Codes:
    """Return the bin of each confidence, 0 .. 14: fifteen of equal width, an upper end belongs to its bin."""
    return np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)


def gaps(outcomes: Outcomes) -> Floats:
    """Return by how much each image's answer was better than it said: 1 or 0 for right or wrong, less its probability."""
    return outcomes.correct - confidences(outcomes)


def ece(sums: Floats, images: Floats) -> Floats:
    """Return the expected calibration error, in [0, 1], of sums of :func:`gaps` per bin.

    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017, equation 3: the mean over images of the distance
    between the accuracy and the mean confidence of their bin.

    Args:
        sums: shape (..., 15).
        images: how many there are in all bins, shape (...).
    """
    return np.asarray(np.abs(sums).sum(axis=-1) / images, dtype=np.float64)


def error(sums: Floats, images: int, drawn: Floats, drawn_images: Floats, confidence: float = 0.95) -> Estimate:
    """Return the expected calibration error with an interval.

    Args:
        sums: of :func:`gaps` per bin, shape (15,).
        drawn: the same of resamples, shape (draws, 15), with ``drawn_images`` in each, shape (draws,).

    Chance alone makes the error of few images positive, and that of their resamples larger still, so that percentiles would lie wholly
    above a true error of 0. The low end is therefore the error less what chance adds at most: by the triangle inequality that is the sum
    over bins of how far off they are, whose distribution resamples show. The high end is that of the basic bootstrap (Davison and Hinkley,
    Bootstrap Methods, 1997, section 5.2) or that of the percentiles less the bias of the resamples, whichever is larger: where the answers
    lie in few bins an error may look near 0 by chance, and the basic one alone then holds .7 to .9 of the time.
    """
    value = float(ece(sums, np.asarray(float(images))))
    off = np.abs(drawn / drawn_images[:, None] - sums / images).sum(axis=1)
    tail = (1 - confidence) / 2
    low = max(0.0, value - float(np.quantile(off, 1 - tail)))
    errors = ece(drawn, drawn_images)
    least, most = (float(end) for end in np.quantile(errors, (tail, 1 - tail)))
    high = min(1.0, max(value, 2 * value - least, most - max(0.0, float(errors.mean()) - value)))
    return Estimate(value, low, high, images)


def temperature(outcomes: Outcomes) -> float | None:
    """Return the temperature in [0.05, 20] with the smallest log loss on these images; None without one of a known label.

    Guo et al. 2017, section 4.2: one number divides all logits, so that no answer changes. Above 1 the model is too sure of itself.
    """
    known = outcomes.class_of_truth >= 0
    if not known.any() or len(outcomes.classes) < 2:
        return None
    logits = _logits(outcomes.probabilities[known])
    given = logits[np.arange(len(logits)), outcomes.class_of_truth[known]]

    def slope(inverse: float) -> float:
        """Return the derivative of the log loss by 1 / temperature; it rises, since the loss is convex there."""
        weights = np.exp(inverse * logits)
        return float(((weights * logits).sum(axis=1) / weights.sum(axis=1) - given).mean())

    low, high = 1 / HOTTEST, 1 / COOLEST
    if slope(low) >= 0:
        return HOTTEST
    if slope(high) <= 0:
        return COOLEST
    return float(1 / brentq(slope, low, high, xtol=1e-10))


def scaled(outcomes: Outcomes, by: float) -> Outcomes:
    """Return the outcomes with the probabilities that a temperature gives; the answers are the same."""
    weights = np.exp(_logits(outcomes.probabilities) / by)
    return replace(outcomes, probabilities=weights / weights.sum(axis=1, keepdims=True))


def reliability(outcomes: Outcomes, scaling: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return the bins that hold an image: columns scaling, from, to, confidence (mean), accuracy, its low and high, images."""
    said, place = confidences(outcomes), bins(confidences(outcomes))
    rows = []
    for number in np.unique(place):
        inside = place == number
        found = share(outcomes.correct[inside], outcomes.group[inside], confidence)
        ends = (number / BINS, (number + 1) / BINS)
        rows.append((scaling, *ends, float(said[inside].mean()), found.value, found.low, found.high, found.n))
    return pd.DataFrame(rows, columns=list(TABLE))


def _logits(probabilities: NDArray[np.floating]) -> Floats:
    """Return the logarithms, the largest of each row 0. A probability of 0 has the smallest logarithm that there is."""
    logs = np.log(np.clip(probabilities, np.finfo(np.float64).tiny, None))
    return np.asarray(logs - logs.max(axis=1, keepdims=True, initial=-np.inf), dtype=np.float64)
