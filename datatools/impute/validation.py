"""Masked validation: hide known values of train, fill them, and measure how far off the fills are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datatools import seeds
from datatools.impute.methods import Matrix, NumericMethod
from datatools.impute.scaling import Scale

Booleans = NDArray[np.bool_]
Errors = dict[str, dict[str, float]]

PER_ROW = 15  # columns for each cell that is hidden in a row
MOST = 0.2  # share of the known values of a column that is hidden at once
SURE = 3.0  # standard errors
TINY = 1e-9
FEWEST = 10  # known values below which a column is not judged
ROWS = 2000  # of train that are looked at
CELLS, REPEATS = 1200, (3, 10)  # rows times repeats that are wanted, and the fewest and the most repeats


@dataclass(frozen=True)
class Hidden:
    """Cells that were hidden and filled.

    Attributes:
        column: the place of the column of each of n cells.
        row: the place of its row.
        truth: their values, in standard deviations from the mean of the column.
        predicted: what each method filled, on the same scale.
    """

    column: NDArray[np.intp]
    row: NDArray[np.intp]
    truth: Matrix
    predicted: Mapping[str, Matrix]

    def only(self, cells: Booleans) -> "Hidden":
        """Return some of the cells."""
        predicted = {method: filled[cells] for method, filled in self.predicted.items()}
        return Hidden(self.column[cells], self.row[cells], self.truth[cells], predicted)

    def errors(self, names: Sequence[str]) -> Errors:
        """Return column -> method -> root mean square error in standard deviations: 0 perfect, 1 about the mean."""
        found: Errors = {}
        for place in np.unique(self.column):
            here = self.column == place
            off = {method: filled[here] - self.truth[here] for method, filled in self.predicted.items()}
            found[names[place]] = {method: float(np.sqrt(np.mean(each**2))) for method, each in off.items()}
        return found


def sample(X: Matrix, seed: int) -> Matrix:
    """Return the rows that are looked at: all, or 2,000 that are drawn."""
    if len(X) <= ROWS:
        return X
    return X[np.sort(seeds.generator(seed, "impute", "mask", "rows").permutation(len(X))[:ROWS])]


def repeats(rows: int) -> int:
    """Return how often to hide: the more, the fewer rows there are, since with few cells the luckiest method wins."""
    return int(np.clip(np.ceil(CELLS / max(rows, 1)), *REPEATS))


def hide(X: Matrix, methods: Mapping[str, NumericMethod], seed: int, times: int) -> Hidden:
    """Hide cells of ``X`` and fill them by each method, several times.

    Args:
        X: rows of train, N x D, NaN = missing.
        methods: what to compare; all see the same gaps.

    Returns:
        the hidden cells; columns with fewer than 10 known values, or only equal ones, have none.
    """
    judged = np.array([_judged(values) for values in X.T], dtype=bool)
    if not judged.any():
        return Hidden(
            np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0), {name: np.zeros(0) for name in methods}
        )
    hidden = [mask(X, judged, seed, repeat) for repeat in range(times)]
    at = [np.nonzero(each) for each in hidden]
    scale = Scale.of(X)
    predicted: dict[str, list[Matrix]] = {name: [] for name in methods}
    for each, cells in zip(hidden, at, strict=True):
        visible = np.where(each, np.nan, X)
        for name, method in methods.items():
            filled = method.fill(method.fit(visible, seed), visible)
            predicted[name].append(scale.forth(filled)[cells])
    return Hidden(
        np.concatenate([cells[1] for cells in at]),
        np.concatenate([cells[0] for cells in at]),
        np.concatenate([scale.forth(X)[cells] for cells in at]),
        {name: np.concatenate(parts) for name, parts in predicted.items()},
    )


def mask(X: Matrix, judged: Booleans, seed: int, repeat: int) -> Booleans:
    """Return which known cells to hide, N x D, so that the rows look as rows with a gap there look.

    In each row one cell in fifteen is drawn, at least one, and with it go those that are missing together with it more often than by
    themselves: with the probability that, on top of the row's own gaps, gives their rate among the rows that miss the drawn cell. More
    would favour methods that bear many gaps: a column that another one determines is best filled by a line while the other is there.
    """
    known = ~np.isnan(X)
    random = seeds.generator(seed, "impute", "mask", repeat)
    free = known & judged
    rank = np.argsort(np.argsort(np.where(free, random.random(X.shape), 2.0), axis=1), axis=1)
    drawn = free & (rank < np.ceil(X.shape[1] / PER_ROW))
    alone = np.exp(drawn @ np.log1p(-excess(known)))  # the chance that none of the drawn cells takes it along
    hidden: Booleans = free & (drawn | (random.random(X.shape) >= alone))
    for place in np.flatnonzero(judged):
        rows = random.permutation(np.flatnonzero(hidden[:, place]))
        hidden[rows[int(MOST * known[:, place].sum()) :]] = False  # whole rows: what goes together stays together
    return hidden


def excess(known: Booleans) -> Matrix:
    """Return by how much a gap in one column (rows, D) raises the chance of one in another (columns, D): 0 not, near 1 for certain.

    Differences that chance would make as well count as none.
    """
    gaps = (~known).astype(np.float64)
    rate, count = gaps.mean(axis=0), gaps.sum(axis=0)[:, None]
    given = (gaps.T @ gaps + rate) / (count + 1)
    noise = np.sqrt(rate * (1 - rate) / (count + 1))
    raised = np.where(given - rate > SURE * noise, (given - rate) / np.maximum(1 - rate, TINY), 0.0)
    np.fill_diagonal(raised, 0.0)
    return np.asarray(np.clip(raised, 0.0, 1 - TINY))


def summary(errors: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return the mean error of each method over the columns, and on how many columns it was the best; ``auto`` is no method of its own."""
    methods = list(next(iter(errors.values()), {}))
    alone = [name for name in methods if name != "auto"]
    best = [min(alone, key=lambda name: column[name]) for column in errors.values()]
    means = {name: float(np.mean([column[name] for column in errors.values()])) for name in methods}
    return {
        "mean_error": means,
        "best_on": {name: best.count(name) for name in alone},
        "best": min(means, key=lambda name: means[name]) if means else None,
    }


def _judged(values: Matrix) -> bool:
    known = values[~np.isnan(values)]
    return len(known) >= FEWEST and bool(np.ptp(known) > 0)
