"""For each column the method, or the average of several, that filled hidden values of train best."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.impute.iterative import IterativeFill
from datatools.impute.knn import KnnFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import Candidate, Fitted, Matrix
from datatools.impute.trees import TreesFill
from datatools.impute.validation import Hidden, hide, repeats, sample
from datatools.settings import Settings

# The simplest first: of equals, it is taken.
CANDIDATES: Mapping[str, Candidate] = {
    "mean": MeanFill(),
    "median": MedianFill(),
    "iterative": IterativeFill(),
    "knn": KnnFill(),
    "trees": TreesFill(),
}
AVERAGED = ("iterative", "knn", "trees")
TIE = 1.01
PRIOR = 20  # hidden cells of a column for which its own errors count as much as those of all columns
TINY = 1e-20  # of a variance
MILLION = 1e6


class AutoFill(Settings):
    """Choose by masked validation, for each column, among mean, median, ridge, neighbours, trees and averages of the last three.

    No method wins everywhere, and the average of two that err differently is often better than either. Of choices whose errors are
    within 1 % of the lowest, the one of fewest methods is taken, and the simplest of those. Where few values of a column could be
    hidden, what is best over all columns weighs more; where none could, nothing shows that it fits, and it is averaged with the mean.
    """

    method: Literal["auto"] = Field(
        default="auto",
        description="What fills hidden values of train best, column by column; the choice unless time matters.",
    )
    budget: int = Field(
        default=20_000,
        ge=0,
        description="Million steps, about a millisecond each, that one method may take; dearer ones are left out.",
    )

    def fit(self, X: Matrix, seed: int = 0) -> Fitted:
        """Learn from ``X``, N x D, NaN = missing; each column has at least one number. ``seed`` hides values and draws trees."""
        looked_at = sample(X, seed)
        cost = {name: _cost(method, len(X), len(looked_at), X.shape[1]) for name, method in CANDIDATES.items()}
        able = {name: CANDIDATES[name] for name in CANDIDATES if cost[name] <= self.budget} or {
            "mean": CANDIDATES["mean"]
        }
        hidden = hide(looked_at, able, seed, repeats(len(looked_at)))
        constant = np.nanmin(X, axis=0) == np.nanmax(X, axis=0)
        choice = choose(hidden, constant)
        used = [name for name in able if any(name in chosen for chosen in choice)]
        errors = hidden.errors([str(column) for column in range(X.shape[1])])
        off = honest(hidden, constant)
        for column, found in errors.items():
            found["auto"] = float(np.sqrt(off[hidden.column == int(column)].mean()))
        return {
            "choice": [list(chosen) for chosen in choice],
            "errors": errors,
            "left_out": {name: round(cost[name]) for name in CANDIDATES if name not in able},
            "members": {name: _member(able[name], X, seed) for name in used},
        }

    def fill(self, fitted: Fitted, X: Matrix) -> Matrix:
        """Return ``X``, M x D, without NaN."""
        fills = {}
        for name, member in fitted["members"].items():
            kind: Any = type(CANDIDATES[name])
            fills[name] = kind.model_validate(member["settings"]).fill(member["fitted"], X)
        filled = X.copy()
        for column, chosen in enumerate(fitted["choice"]):
            gaps = np.isnan(X[:, column])
            filled[gaps, column] = _average([fills[name][gaps, column] for name in chosen])
        return filled


def choose(hidden: Hidden, constant: NDArray[np.bool_]) -> list[tuple[str, ...]]:
    """Return for each column the methods whose average is taken.

    Args:
        constant: for each of the D columns whether it has one value only; then the simplest method fills it in.
    """
    names = tuple(hidden.predicted)
    mixable = [name for name in names if name in AVERAGED]
    options: list[tuple[str, ...]] = [(name,) for name in names]
    options += [several for size in (2, 3) for several in combinations(mixable, size)]
    squares = np.stack([_squares(hidden, option) for option in options])
    overall = _relative(squares) if squares.size else np.ones(len(options))
    found = []
    for column, same in enumerate(constant):
        here = squares[:, hidden.column == column]
        cells = here.shape[1]
        score = (cells * _relative(here) + PRIOR * overall) / (cells + PRIOR) if cells else overall
        found.append(options[0] if same else options[int(np.argmax(np.sqrt(score / score.min()) <= TIE))])
        if not cells and not same:
            found[-1] = _careful(names, overall)
    return found


def honest(hidden: Hidden, constant: NDArray[np.bool_]) -> Matrix:
    """Return the squared error of each hidden cell by what its column would choose if the other half of the rows were all one knew.

    The chosen one's error on the cells that it was chosen by is that of the luckiest, and too small.
    """
    off, half = np.zeros(len(hidden.truth)), hidden.row % 2 == 0
    for judged in (half, ~half):
        for column, option in enumerate(choose(hidden.only(~judged), constant)):
            cells = judged & (hidden.column == column)
            off[cells] = _squares(hidden.only(cells), option)
    return off


def _careful(names: tuple[str, ...], overall: Matrix) -> tuple[str, ...]:
    """Return what fills a column of which nothing could be hidden: half of the way from the mean to the best single method."""
    best = names[int(np.argmin(overall[: len(names)]))]
    return ("mean", best) if best in AVERAGED else ("mean",)


def _squares(hidden: Hidden, option: tuple[str, ...]) -> Matrix:
    filled = _average([hidden.predicted[name] for name in option])
    return np.asarray((filled - hidden.truth) ** 2)


def _relative(squares: Matrix) -> Matrix:
    """Return the mean squared error of each option, in times of the lowest; where that is 0, 1 for all that have it and else very much."""
    errors = squares.mean(axis=1)
    return np.asarray(np.maximum(errors, TINY) / max(errors.min(), TINY))


def _average(fills: list[Matrix]) -> Matrix:
    return np.asarray(sum(fills[1:], fills[0]) / len(fills))


def _cost(method: Candidate, rows: int, looked_at: int, columns: int) -> float:
    """Return millions of steps to judge a method and to fit it."""
    return (repeats(looked_at) * method.operations(looked_at, columns) + method.operations(rows, columns)) / MILLION


def _member(method: Candidate, X: Matrix, seed: int) -> dict[str, Any]:
    return {"settings": method.model_dump(mode="json"), "fitted": dict(method.fit(X, seed))}
