"""The tables behind the plots of ``dvc plots``: one CSV each, with the columns that the templates read."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.evaluate import roc
from datatools.evaluate.intervals import Estimate, wilson
from datatools.evaluate.outcomes import Outcomes

RATES = ("name", "error_rate", "low", "high", "errors", "images")


def confusion(outcomes: Outcomes) -> pd.DataFrame:
    """Return one row per image: columns actual, predicted. DVC's template counts them."""
    names = np.asarray(outcomes.labels, dtype=object)
    return pd.DataFrame({"actual": names[outcomes.truth], "predicted": names[outcomes.predicted]})


def curves(outcomes: Outcomes, most: int = 200) -> pd.DataFrame:
    """Return the ROC curve of each class that has one: columns class, fpr, tpr, threshold.

    Args:
        most: points kept per class, spread evenly over the curve's corners, so that the table stays small for many images.

    The first threshold of a class is 1: no score lies above it, and JSON, which the plots are made of, has no infinity.
    """
    parts = []
    for row, name in enumerate(outcomes.classes):
        found = roc.curve(outcomes.class_of_truth == row, outcomes.probabilities[:, row])
        if found is not None:
            kept = _spread_over(len(found.threshold), most)
            points = (found.false_positive_rate[kept], found.true_positive_rate[kept], found.threshold[kept].clip(0, 1))
            parts.append(pd.DataFrame({"class": name, **dict(zip(("fpr", "tpr", "threshold"), points, strict=True))}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["class", "fpr", "tpr", "threshold"])


def errors_by_class(outcomes: Outcomes, confidence: float) -> pd.DataFrame:
    """Return the error rate of each true label that occurs: columns name, error_rate, low, high, errors, images."""
    groups = {name: outcomes.truth == row for row, name in enumerate(outcomes.labels)}
    return _rates(outcomes, groups, confidence)


def errors_by_domain(outcomes: Outcomes, confidence: float) -> pd.DataFrame:
    """Return the error rate of each domain that occurs; columns as in :func:`errors_by_class`."""
    groups = {str(name): outcomes.domain == name for name in sorted(set(outcomes.domain))}
    return _rates(outcomes, groups, confidence)


def _spread_over(points: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, points - 1, min(points, most)).round().astype(np.int64))


def _rates(outcomes: Outcomes, groups: dict[str, NDArray[np.bool_]], confidence: float) -> pd.DataFrame:
    rows = [
        _rate(name, wilson(int((~outcomes.correct[of]).sum()), int(of.sum()), confidence))
        for name, of in groups.items()
        if of.any()
    ]
    return pd.DataFrame(rows, columns=list(RATES))


def _rate(name: str, of: Estimate) -> tuple[object, ...]:
    errors = round((of.value or 0.0) * of.n)
    return name, of.value, of.low, of.high, errors, of.n
