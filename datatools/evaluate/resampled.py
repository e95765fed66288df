"""The metrics that have no formula for their interval: averages of rates, losses and calibration, by one bootstrap for all."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from datatools.evaluate import calibration, confusion, likelihood
from datatools.evaluate.calibration import BINS
from datatools.evaluate.confusion import Margins
from datatools.evaluate.intervals import Estimate, of_rates, percentile, undefined
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.resample import totals

Floats = NDArray[np.float64]

MEANS = ("log_loss", "brier")
ERRORS = ("ece", "ece_scaled")


def scores(
    outcomes: Outcomes, temperature: float | None, draws: int, rng: np.random.Generator, confidence: float = 0.95
) -> dict[str, Estimate]:
    """Return the averages of :func:`confusion.averages`, log loss, Brier score and calibration error before and after scaling.

    Args:
        temperature: that the probabilities are scaled by; without one there is no ``ece_scaled``.

    All intervals come from one bootstrap over groups: those of the averages by :func:`datatools.evaluate.intervals.of_rates`, those of
    the means as percentiles, those of the calibration errors by :func:`calibration.error`. Where all images are of one group no resample
    differs, and means and calibration errors have no ends.
    """
    scaled = None if temperature is None else calibration.scaled(outcomes, temperature)
    names = ERRORS[: 1 if scaled is None else 2]
    if not len(outcomes):
        return dict.fromkeys((*confusion.AVERAGES, *MEANS, *names), undefined())
    sums = confusion.by_group(_columns(outcomes, scaled), outcomes)
    whole, drawn = sums.sum(axis=0)[None], totals(sums, draws, rng)
    value, spread = _metrics(whole, outcomes), _metrics(drawn, outcomes)
    found = {name: percentile(float(value[name][0]), spread[name], len(outcomes), confidence) for name in MEANS}
    found |= _averages(value, spread, outcomes, confidence)
    images = _margins(drawn, outcomes).actual.sum(axis=1)
    bins = zip(names, _bins(whole, outcomes, len(names)), _bins(drawn, outcomes, len(names)), strict=True)
    errors = {name: calibration.error(one[0], len(outcomes), many, images, confidence) for name, one, many in bins}
    return _of_one({**found, **errors}) if outcomes.groups < 2 else {**found, **errors}


def _of_one(found: dict[str, Estimate]) -> dict[str, Estimate]:
    """Return the estimates of a single group, those without ends that only resamples could tell."""
    endless = (*MEANS, *ERRORS)
    return {name: replace(each, low=None, high=None) if name in endless else each for name, each in found.items()}


def _averages(
    value: dict[str, Floats], spread: dict[str, Floats], outcomes: Outcomes, confidence: float
) -> dict[str, Estimate]:
    # The mean of K equally good rates of n_k trials each varies like a share of K^2 / sum(1 / n_k).
    known = [confusion.groups_of(outcomes, outcomes.truth == row) for row in np.unique(outcomes.truth)]
    fewest = len(known) ** 2 / sum(1 / count for count in known)
    n, groups = len(outcomes), outcomes.groups
    return {
        name: of_rates(float(value[name][0]), spread[name], n, fewest, groups, confidence)
        for name in confusion.AVERAGES
    }


def _columns(outcomes: Outcomes, scaled: Outcomes | None) -> csr_array:
    """Return each image's part in every sum, shape (n, 3 L + 2 + 15 or 30)."""
    means = np.column_stack([likelihood.losses(outcomes), likelihood.briers(outcomes)])
    binned = [_binned(each) for each in (outcomes, scaled) if each is not None]
    return csr_array(hstack([confusion.columns(outcomes), csr_array(means), *binned], format="csr"))


def _binned(outcomes: Outcomes) -> csr_array:
    place = calibration.bins(calibration.confidences(outcomes))
    rows = np.arange(len(outcomes))
    return csr_array((calibration.gaps(outcomes), (rows, place)), shape=(len(outcomes), BINS))


def _metrics(drawn: Floats, outcomes: Outcomes) -> dict[str, Floats]:
    """Return the averages and means of totals, shape (draws, columns): each of shape (draws,)."""
    margins = _margins(drawn, outcomes)
    images, first = margins.actual.sum(axis=1), 3 * len(outcomes.labels)
    means = {name: drawn[:, first + place] / images for place, name in enumerate(MEANS)}
    return {**confusion.averages(margins), **means}


def _margins(drawn: Floats, outcomes: Outcomes) -> Margins:
    return confusion.of_totals(drawn[:, : 3 * len(outcomes.labels)])


def _bins(drawn: Floats, outcomes: Outcomes, tables: int) -> list[Floats]:
    return np.split(drawn[:, 3 * len(outcomes.labels) + len(MEANS) :], tables, axis=1)
