"""Masked validation: hide known values of train, fill them, and measure how far off the fills are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datatools import seeds
from datatools.impute.methods import Matrix, NumericMethod

SHARE = 0.2
FEWEST = 10  # known values below which a column is not judged


def masked_error(
    X: Matrix, names: Sequence[str], methods: Mapping[str, NumericMethod], seed: int
) -> dict[str, dict[str, float]]:
    """Return the error of each method on each column that can be judged.

    Args:
        X: train, N x D, NaN = missing; each column has at least one number.
        names: of the D columns; the hidden cells of a column follow from seed and name.
        methods: what to compare; all see the same table with a fifth of the known values of every column hidden at once.

    Returns:
        column -> method -> root mean square error in standard deviations of the column: 0 perfect, 1 about the mean. Columns with
        fewer than 10 known values, or only equal ones, are left out.
    """
    hidden = _hidden(X, names, seed)
    judged = [place for place in range(len(names)) if hidden[:, place].any()]
    if not judged:
        return {}
    visible = np.where(hidden, np.nan, X)
    fills = {name: method.fill(method.fit(visible), visible) for name, method in methods.items()}
    return {
        names[place]: {name: _error(fill[:, place], X[:, place], hidden[:, place]) for name, fill in fills.items()}
        for place in judged
    }


def summary(errors: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return the mean error of each method over the columns, and on how many columns it was the best."""
    methods = list(next(iter(errors.values()), {}))
    best = [min(methods, key=lambda name: column[name]) for column in errors.values()]
    means = {name: float(np.mean([column[name] for column in errors.values()])) for name in methods}
    return {
        "mean_error": means,
        "best_on": {name: best.count(name) for name in methods},
        "best": min(means, key=lambda name: means[name]) if means else None,
    }


def _hidden(X: Matrix, names: Sequence[str], seed: int) -> NDArray[np.bool_]:
    hidden = np.zeros(X.shape, dtype=bool)
    for place, name in enumerate(names):
        known = np.flatnonzero(~np.isnan(X[:, place]))
        if len(known) >= FEWEST and np.ptp(X[known, place]) > 0:
            drawn = seeds.generator(seed, "impute", "mask", name).permutation(known)
            hidden[drawn[: int(len(known) * SHARE)], place] = True
    return hidden


def _error(filled: NDArray[np.float64], truth: NDArray[np.float64], hidden: NDArray[np.bool_]) -> float:
    off = filled[hidden] - truth[hidden]
    return float(np.sqrt(np.mean(off**2)) / np.nanstd(truth))
