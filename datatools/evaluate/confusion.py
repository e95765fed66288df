"""The confusion matrix and everything that follows from it: accuracy, precision, recall, F1."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from datatools.evaluate.intervals import Estimate, of_rates, undefined
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.resample import totals
from datatools.evaluate.shares import share

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

AVERAGES = (
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
)


@dataclass(frozen=True)
class Margins:
    """What the rates need of a confusion matrix. Each array has shape (..., L): leading axes are resamples.

    Attributes:
        hits: images of the label that were answered right.
        actual: images of the label.
        answered: images to which the label was given.
    """

    hits: NDArray[np.number]
    actual: NDArray[np.number]
    answered: NDArray[np.number]


def matrix(outcomes: Outcomes) -> Counts:
    """Return the counts, shape (L, L): rows are true labels, columns answers, in the order of ``outcomes.labels``."""
    size = len(outcomes.labels)
    cells = outcomes.truth * size + outcomes.predicted
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def margins(outcomes: Outcomes) -> Margins:
    """Return diagonal, row sums and column sums of the confusion matrix."""
    size = len(outcomes.labels)
    hits = outcomes.truth[outcomes.correct]
    return Margins(*(np.bincount(rows, minlength=size) for rows in (hits, outcomes.truth, outcomes.predicted)))


def columns(outcomes: Outcomes) -> csr_array:
    """Return each image's part in the margins: hits, actual and answered side by side, shape (n, 3 L)."""
    size = len(outcomes.labels)
    images = np.arange(len(outcomes))
    row = np.concatenate([images[outcomes.correct], images, images])
    column = np.concatenate([outcomes.truth[outcomes.correct], size + outcomes.truth, 2 * size + outcomes.predicted])
    return csr_array((np.ones(len(row)), (row, column)), shape=(len(outcomes), 3 * size))


def of_totals(drawn: Floats) -> Margins:
    """Return the margins of resamples from totals of :func:`columns`, shape (draws, 3 L)."""
    return Margins(*np.split(drawn, 3, axis=1))


def accuracy(outcomes: Outcomes, confidence: float = 0.95) -> Estimate:
    """Return the share of right answers."""
    return share(outcomes.correct, outcomes.group, confidence)


def per_label(
    outcomes: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95
) -> dict[str, dict[str, Estimate]]:
    """Return precision and recall (shares) and F1 (:func:`of_rates` of a bootstrap over groups) of each label.

    Undefined where nothing could be counted.
    """
    drawn = totals(by_group(columns(outcomes), outcomes), draws, rng) if len(outcomes) else None
    spread = f1(of_totals(drawn)) if drawn is not None else np.empty((0, len(outcomes.labels)))
    scores = f1(margins(outcomes))
    return {
        name: {
            "precision": _share(outcomes, outcomes.predicted == row, confidence),
            "recall": _share(outcomes, outcomes.truth == row, confidence),
            "f1": _f1(outcomes, row, float(scores[row]), spread[:, row], confidence),
        }
        for row, name in enumerate(outcomes.labels)
    }


def _f1(outcomes: Outcomes, row: int, value: float, spread: Floats, confidence: float) -> Estimate:
    if np.isnan(value):
        return undefined()
    concerned, actual = (outcomes.truth == row) | (outcomes.predicted == row), outcomes.truth == row
    groups = groups_of(outcomes, concerned)
    found = of_rates(value, spread, int(concerned.sum()), groups, groups, confidence)
    return replace(found, n=int(actual.sum()))


def groups_of(outcomes: Outcomes, rows: NDArray[np.bool_]) -> int:
    """Return of how many groups these images are."""
    return int(np.count_nonzero(np.bincount(outcomes.group[rows])))


def by_group(columns: csr_array, outcomes: Outcomes) -> csr_array:
    """Return the sums over the images of each group, shape (groups, C), of the columns of shape (n, C)."""
    members = np.unique(outcomes.group, return_inverse=True)[1]
    images = np.arange(len(members))
    return csr_array((np.ones(len(members)), (members, images)), shape=(outcomes.groups, len(members))) @ columns


def f1(of: Margins) -> Floats:
    """Return the harmonic mean of precision and recall, NaN for a label that neither occurs nor is answered."""
    return _ratio(2 * of.hits, of.actual + of.answered, np.nan)


def averages(of: Margins) -> dict[str, Floats]:
    """Return balanced accuracy, and precision, recall and F1 averaged over labels; each of shape (...).

    Notes:
        Balanced accuracy is the mean recall of the labels that occur. A macro average is the mean over the labels that occur or are
        answered, a weighted one is over the images, each with its label's rate. A label that is never answered has precision 0, one that
        never occurs has recall 0. So does scikit-learn.
    """
    occurs = (of.actual > 0).astype(np.float64)
    concerned = ((of.actual > 0) | (of.answered > 0)).astype(np.float64)
    rates = {
        "precision": _ratio(of.hits, of.answered, 0.0),
        "recall": _ratio(of.hits, of.actual, 0.0),
        "f1": _ratio(2 * of.hits, of.actual + of.answered, 0.0),
    }
    return {
        "balanced_accuracy": _mean(rates["recall"], occurs),
        **{f"macro_{name}": _mean(values, concerned) for name, values in rates.items()},
        **{f"weighted_{name}": _mean(values, of.actual.astype(np.float64)) for name, values in rates.items()},
    }


def _share(outcomes: Outcomes, rows: NDArray[np.bool_], confidence: float) -> Estimate:
    return share(outcomes.correct[rows], outcomes.group[rows], confidence)


def _mean(values: Floats, weights: Floats) -> Floats:
    return np.asarray((values * weights).sum(axis=-1) / weights.sum(axis=-1), dtype=np.float64)


def _ratio(part: NDArray[np.number], whole: NDArray[np.number], otherwise: float) -> Floats:
    result = np.full(np.shape(whole), otherwise, dtype=np.float64)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
