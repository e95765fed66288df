"""The tables behind the plots of ``dvc plots``: one CSV each, with the columns that the templates read."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.evaluate import calibration, precision_recall, roc
from datatools.evaluate.confusion import matrix as counted
from datatools.evaluate.intervals import Estimate
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.shares import share

RATES = ("name", "error_rate", "low", "high", "errors", "images")
DENSE = 100  # labels up to which every cell of a confusion matrix has a row; with more only those that are filled
MOST_POINTS = 20_000  # of the curves of all classes together
FEWEST, PLENTY = 20, 200  # points of one curve


def tables(outcomes: Outcomes, temperature: float | None, confidence: float) -> dict[str, pd.DataFrame]:
    """Return all tables by name."""
    reliability = [calibration.reliability(outcomes, "none", confidence)]
    if temperature is not None:
        scaled = calibration.scaled(outcomes, temperature)
        reliability.append(calibration.reliability(scaled, "temperature", confidence))
    return {
        "confusion": confusion(outcomes),
        "confusion_normalised": confusion_normalised(outcomes),
        "roc": curves(outcomes),
        "pr": precision_recall_curves(outcomes),
        "reliability": pd.concat(reliability, ignore_index=True),
        "errors_by_class": errors_by_class(outcomes, confidence),
        "errors_by_domain": errors_by_domain(outcomes, confidence),
    }


def confusion(outcomes: Outcomes) -> pd.DataFrame:
    """Return one row per pair of label and answer: columns actual, predicted, images."""
    counts = counted(outcomes)
    rows, columns = np.nonzero(counts >= (0 if len(counts) <= DENSE else 1))
    return _cells(outcomes, rows, columns).assign(images=counts[rows, columns])


def confusion_normalised(outcomes: Outcomes) -> pd.DataFrame:
    """Return the rows of :func:`confusion` of the labels that occur, with ``share`` of the label's images, and ``images``: their number."""
    counts = counted(outcomes)
    actual = counts.sum(axis=1)
    occurs = (actual > 0)[:, None] & (counts >= (0 if len(counts) <= DENSE else 1))
    rows, columns = np.nonzero(occurs)
    return _cells(outcomes, rows, columns).assign(share=counts[rows, columns] / actual[rows], images=actual[rows])


def _cells(outcomes: Outcomes, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> pd.DataFrame:
    names = np.asarray(outcomes.labels, dtype=object)
    return pd.DataFrame({"actual": names[rows], "predicted": names[columns]})


def curves(outcomes: Outcomes, most: int | None = None) -> pd.DataFrame:
    """Return the ROC curve of each class that has one: columns class, fpr, tpr, threshold.

    Args:
        most: points kept per class, spread evenly over the curve's corners, so that the table stays small for many images and classes.

    The first threshold of a class is 1: no score lies above it, and JSON, which the plots are made of, has no infinity.
    """
    parts = []
    for row, name in enumerate(outcomes.classes):
        found = roc.curve(*roc.one_against_rest(outcomes, row))
        if found is not None:
            kept = _spread_over(len(found.threshold), most or _points(outcomes))
            points = (found.false_positive_rate[kept], found.true_positive_rate[kept], found.threshold[kept].clip(0, 1))
            parts.append(pd.DataFrame({"class": name, **dict(zip(("fpr", "tpr", "threshold"), points, strict=True))}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["class", "fpr", "tpr", "threshold"])


def precision_recall_curves(outcomes: Outcomes, most: int | None = None) -> pd.DataFrame:
    """Return the points of precision over recall of each class that occurs: columns class, recall, precision, threshold.

    They are those of the steps whose area is the average precision: a precision holds from the recall before it, so that thresholds at
    which no positive is added have no point. ``most`` as in :func:`curves`.
    """
    parts = []
    for row, name in enumerate(outcomes.classes):
        found = precision_recall.curve(*roc.one_against_rest(outcomes, row))
        if found is not None:
            steps = np.flatnonzero(np.diff(found.recall, prepend=0.0))
            kept = steps[_spread_over(len(steps), most or _points(outcomes))]
            points = (found.recall[kept], found.precision[kept], found.threshold[kept])
            named = zip(("recall", "precision", "threshold"), points, strict=True)
            parts.append(pd.DataFrame({"class": name, **dict(named)}))
    columns = ["class", "recall", "precision", "threshold"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def errors_by_class(outcomes: Outcomes, confidence: float) -> pd.DataFrame:
    """Return the error rate of each true label that occurs: columns name, error_rate, low, high, errors, images."""
    groups = {name: outcomes.truth == row for row, name in enumerate(outcomes.labels)}
    return _rates(outcomes, groups, confidence)


def errors_by_domain(outcomes: Outcomes, confidence: float) -> pd.DataFrame:
    """Return the error rate of each domain that occurs; columns as in :func:`errors_by_class`."""
    groups = {str(name): outcomes.domain == name for name in sorted(set(outcomes.domain))}
    return _rates(outcomes, groups, confidence)


def _points(outcomes: Outcomes) -> int:
    return int(np.clip(MOST_POINTS // max(len(outcomes.classes), 1), FEWEST, PLENTY))


def _spread_over(points: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, points - 1, min(points, most)).round().astype(np.int64))


def _rates(outcomes: Outcomes, groups: dict[str, NDArray[np.bool_]], confidence: float) -> pd.DataFrame:
    rows = [
        _rate(name, share(~outcomes.correct[of], outcomes.group[of], confidence))
        for name, of in groups.items()
        if of.any()
    ]
    return pd.DataFrame(rows, columns=list(RATES))


def _rate(name: str, of: Estimate) -> tuple[object, ...]:
    errors = round((of.value or 0.0) * of.n)
    return name, of.value, of.low, of.high, errors, of.n
