"""The confusion matrix and everything that follows from it: accuracy, precision, recall, F1."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from datatools.evaluate.intervals import Estimate, percentile, undefined, wilson
from datatools.evaluate.outcomes import Outcomes

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

CELLS = 2_000_000  # resampled counts held in memory at once
AVERAGES = ("balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")


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


def margins(counts: Counts) -> Margins:
    """Return diagonal, row sums and column sums of a confusion matrix."""
    return Margins(np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0))


def accuracy(outcomes: Outcomes, confidence: float = 0.95) -> Estimate:
    """Return the share of right answers with Wilson's interval."""
    return wilson(int(outcomes.correct.sum()), len(outcomes), confidence)


def averages(outcomes: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95) -> dict[str, Estimate]:
    """Return balanced accuracy and macro precision, recall and F1, each with a percentile bootstrap interval over images.

    Notes:
        Balanced accuracy is the mean recall of the labels that occur. A macro average is the mean over the labels that occur or are
        answered; one that is never answered has precision 0, one that never occurs has recall 0. So does scikit-learn.
    """
    if not len(outcomes):
        return dict.fromkeys(AVERAGES, undefined())
    counts = matrix(outcomes)
    value = _averages(margins(counts))
    resampled = [_averages(part) for part in _resampled(counts, draws, rng)]
    return {
        name: percentile(
            float(value[name]), np.concatenate([part[name] for part in resampled]), len(outcomes), confidence
        )
        for name in AVERAGES
    }


def per_label(
    outcomes: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95
) -> dict[str, dict[str, Estimate]]:
    """Return precision and recall (Wilson) and F1 (bootstrap) of each label; undefined where nothing could be counted."""
    counts = matrix(outcomes)
    whole = margins(counts)
    resampled = [f1(part) for part in _resampled(counts, draws, rng)] if len(outcomes) else []
    spread = np.concatenate(resampled) if resampled else np.full((0, len(outcomes.labels)), np.nan)
    scores = f1(whole)
    return {
        name: {
            "precision": wilson(int(whole.hits[row]), int(whole.answered[row]), confidence),
            "recall": wilson(int(whole.hits[row]), int(whole.actual[row]), confidence),
            "f1": undefined()
            if np.isnan(scores[row])
            else percentile(float(scores[row]), spread[:, row], int(whole.actual[row]), confidence),
        }
        for row, name in enumerate(outcomes.labels)
    }


def f1(of: Margins) -> Floats:
    """Return the harmonic mean of precision and recall, NaN for a label that neither occurs nor is answered."""
    return _ratio(2 * of.hits, of.actual + of.answered, np.nan)


def _averages(of: Margins) -> dict[str, Floats]:
    occurs = (of.actual > 0).astype(np.float64)
    concerned = ((of.actual > 0) | (of.answered > 0)).astype(np.float64)
    recall = _ratio(of.hits, of.actual, 0.0)
    precision = _ratio(of.hits, of.answered, 0.0)
    return {
        "balanced_accuracy": _mean(recall, occurs),
        "macro_precision": _mean(precision, concerned),
        "macro_recall": _mean(recall, concerned),
        "macro_f1": _mean(_ratio(2 * of.hits, of.actual + of.answered, 0.0), concerned),
    }


def _mean(values: Floats, weights: Floats) -> Floats:
    return np.asarray((values * weights).sum(axis=-1) / weights.sum(axis=-1), dtype=np.float64)


def _ratio(part: NDArray[np.number], whole: NDArray[np.number], otherwise: float) -> Floats:
    result = np.full(np.shape(whole), otherwise, dtype=np.float64)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _resampled(counts: Counts, draws: int, rng: np.random.Generator) -> Iterator[Margins]:
    """Yield the margins of ``draws`` resampled matrices, a block at a time.

    Images drawn with replacement fill the cells as one multinomial draw, so the images themselves are not needed.
    """
    truth, answer = np.nonzero(counts)
    filled = counts[truth, answer]
    rows = _members(truth, counts.shape[0])
    columns = _members(answer, counts.shape[0])
    diagonal = _members(np.where(truth == answer, truth, -1), counts.shape[0])
    size = max(1, CELLS // max(len(filled), counts.shape[0]))
    for start in range(0, draws, size):
        drawn = rng.multinomial(filled.sum(), filled / filled.sum(), size=min(size, draws - start)).astype(np.float64)
        yield Margins(drawn @ diagonal, drawn @ rows, drawn @ columns)


def _members(codes: NDArray[np.intp], size: int) -> csr_array:
    """Return the 0/1 matrix of shape (cells, size) that says to which label each cell belongs; -1 is none."""
    belongs = np.flatnonzero(codes >= 0)
    return csr_array((np.ones(len(belongs)), (belongs, codes[belongs])), shape=(len(codes), size))
