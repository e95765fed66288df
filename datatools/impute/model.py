"""The category that the other columns point to: one regression per category, and the largest wins."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from threadpoolctl import threadpool_limits

from datatools.impute import ridge
from datatools.impute.methods import Fitted, Matrix
from datatools.impute.mode import most_frequent
from datatools.settings import Settings

FOLDS = 5
MOST_CLASSES = 50  # more are names rather than categories


class ModelFill(Settings):
    """Predict the category from the other columns by Bayesian ridge on 0 and 1 for each class.

    Before it is used, it must beat the most frequent category on hidden values of train (every fifth known row in turn); where it does
    not, or where there are more than 50 categories, the most frequent is filled in.
    """

    method: Literal["model"] = Field(
        default="model",
        description="Predicted from the other columns; the most frequent one where that is no better on hidden values.",
    )

    def fit(self, values: "pd.Series[Any]", inputs: Matrix) -> Fitted:
        """Learn from a column of train and from what stands beside it, N x P without NaN."""
        known = values.notna().to_numpy(dtype=bool)
        X, y = inputs[known], values[known].astype(object).to_numpy()
        classes = sorted(set(y))
        fitted: dict[str, Any] = {"fill": most_frequent(values), "lines": None}
        if not 2 <= len(classes) <= MOST_CLASSES or not inputs.shape[1]:
            return fitted
        # One thread: a sum that is cut up for several may differ in its last bit.
        with threadpool_limits(limits=1):
            fitted["accuracy"] = _validated(X, y)
            if fitted["accuracy"]["model"] > fitted["accuracy"]["mode"]:
                fitted["lines"] = _lines(X, y, classes)
        return fitted

    def fill(self, fitted: Fitted, values: "pd.Series[Any]", inputs: Matrix) -> "pd.Series[Any]":
        """Return the column without nulls."""
        if fitted["lines"] is None:
            return values.fillna(fitted["fill"])
        predicted = pd.Series(_predict(fitted["lines"], inputs), index=values.index, dtype=object)
        return values.astype(object).where(values.notna(), predicted)


def _lines(X: Matrix, y: NDArray[Any], classes: list[Any]) -> dict[str, Any]:
    found = [ridge.fit(X, (y == name).astype(np.float64)) for name in classes]
    return {
        "classes": classes,
        "intercepts": [line.intercept for line in found],
        "coefficients": [line.coefficients.tolist() for line in found],
    }


def _predict(lines: Fitted, inputs: Matrix) -> NDArray[Any]:
    """Return the class of the largest value for each row; of equals, the first.

    Summed row by row, not by a matrix product, whose last bit depends on how many rows there are.
    """
    rows = np.ascontiguousarray(inputs)
    scores = [
        intercept + np.add.reduce(rows * np.asarray(coefficients), axis=1)
        for intercept, coefficients in zip(lines["intercepts"], lines["coefficients"], strict=True)
    ]
    return np.asarray(np.array(lines["classes"], dtype=object)[np.argmax(scores, axis=0)])


def _validated(X: Matrix, y: NDArray[Any]) -> dict[str, float]:
    """Return the share of hidden values that the model and the most frequent category get right."""
    right = {"model": 0.0, "mode": 0.0}
    for fold in range(FOLDS):
        hidden = np.arange(len(y)) % FOLDS == fold
        if hidden.all() or not hidden.any():
            continue
        seen = y[~hidden]
        predicted = _predict(_lines(X[~hidden], seen, sorted(set(seen))), X[hidden])
        right["model"] += float((predicted == y[hidden]).sum())
        right["mode"] += float((y[hidden] == most_frequent(pd.Series(seen, dtype=object))).sum())
    return {name: number / len(y) for name, number in right.items()}
