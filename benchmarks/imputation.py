"""Filling gaps at default settings, beside five imputers of scikit-learn, on new rows: three data sets, two kinds of gaps, two shares.

Each of scikit-learn's breast_cancer, diabetes and wine loses 10 or 30 % of its values, completely at random (MCAR) or more where other,
complete columns are high (MAR). All methods learn on 70 % of the rows and fill the others; the error is the root mean square over the
hidden cells, in standard deviations of the columns. A seed draws gaps and rows. ``auto`` was tuned on other data sets (digits, iris,
penguins, star98, fair, macrodata, made-up curves). Peers get scaled columns; extremely randomised trees go five rounds with 50 trees,
which is what time allows. About twenty minutes on 2 cores.
"""

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks import imputation_traps, table
from benchmarks.table import Figure, Goal, Line, figure
from datatools import seeds
from datatools.impute.auto import AutoFill
from datatools.impute.scaling import Scale

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Fill = Callable[[Matrix, Matrix], Matrix]

SETS, QUICK_SETS = ("breast_cancer", "diabetes", "wine"), ("diabetes", "wine")
KINDS, SHARES, QUICK_SHARES = ("MCAR", "MAR"), (0.1, 0.3), (0.3,)
SEEDS = 5
CLOSE = 1.05
STEEP = 2.0  # of the logistic curve from the complete columns to the probability of a gap
LARGE = (50_000, 10)


class Cell(NamedTuple):
    """One data set with one kind and share of gaps: errors by method, one for each seed."""

    name: str
    auto: Figure
    peers: Mapping[str, Figure]

    @property
    def best(self) -> str:
        """Return the peer with the lowest error."""
        return min(self.peers, key=lambda name: self.peers[name].middle)


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    cpu: dict[str, list[float]] = {}
    with threadpool_limits(limits=1):
        cells = list(_cells(quick, cpu))
        large = [] if quick else [_large()]
    lines = [_line(cell) for cell in cells]
    return [*lines, *_summary(cells, quick), *_costs(cpu), *large, *imputation_traps.lines()]


def _cells(quick: bool, cpu: dict[str, list[float]]) -> Iterator[Cell]:
    cases = product(QUICK_SETS if quick else SETS, KINDS, QUICK_SHARES if quick else SHARES)
    for name, kind, share in cases:
        found: dict[str, list[float]] = {}
        for seed in range(1 if quick else SEEDS):
            for method, error in _errors(_data(name), kind, share, seed, cpu).items():
                found.setdefault(method, []).append(error)
        figures = {method: figure(*errors) for method, errors in found.items()}
        yield Cell(f"{name}, {kind}, {share:.0%}", figures.pop("auto"), figures)


def _data(name: str) -> Matrix:
    from sklearn import datasets  # not above: a second that only this needs

    return np.asarray(getattr(datasets, f"load_{name}")().data, dtype=np.float64)


def _errors(whole: Matrix, kind: str, share: float, seed: int, cpu: dict[str, list[float]]) -> dict[str, float]:
    lost = gaps(whole, kind, share, seed)
    order = seeds.generator(seed, "rows", len(whole)).permutation(len(whole))
    train, rows = order[: int(0.7 * len(whole))], order[int(0.7 * len(whole)) :]
    given, deviation = np.where(lost, np.nan, whole), whole[train].std(axis=0)
    found = {}
    for name, method in {"auto": _auto, **_peers(seed)}.items():
        started = time.process_time()
        off = (method(given[train], given[rows]) - whole[rows]) / deviation
        cpu.setdefault(name, []).append(time.process_time() - started)
        found[name] = float(np.sqrt((off[lost[rows]] ** 2).mean()))
    return found


def gaps(whole: Matrix, kind: str, share: float, seed: int) -> Mask:
    """Return which cells are lost, N x D; with MAR a third of the columns stays complete and the others lose more."""
    random = seeds.generator(seed, "gaps", kind, round(share * 100), *whole.shape)
    if kind == "MCAR":
        return random.random(whole.shape) < share
    columns = random.permutation(whole.shape[1])
    full, torn = np.split(columns, [max(1, len(columns) // 3)])
    Z = (whole[:, full] - whole[:, full].mean(axis=0)) / whole[:, full].std(axis=0)
    lost = np.zeros(whole.shape, dtype=bool)
    for column in torn:
        score = Z @ random.normal(size=len(full))
        chances = _chances(STEEP * (score - score.mean()) / score.std(), share * len(columns) / len(torn))
        lost[:, column] = random.random(len(whole)) < chances
    return lost


def _chances(score: Matrix, share: float) -> Matrix:
    """Return probabilities that rise with the score and have this mean."""
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        below = (1 / (1 + np.exp(-(score + middle)))).mean() < share
        low, high = (middle, high) if below else (low, middle)
    return np.asarray(1 / (1 + np.exp(-(score + low))))


def _auto(train: Matrix, rows: Matrix) -> Matrix:
    return AutoFill().fill(AutoFill().fit(train), rows)


def _peers(seed: int) -> dict[str, Fill]:
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - importing it is what makes the class importable
    from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

    forest = ExtraTreesRegressor(50, random_state=seed, n_jobs=1)
    return {
        "mean": _fill(SimpleImputer(strategy="mean")),
        "median": _fill(SimpleImputer(strategy="median")),
        "KNNImputer": _fill(KNNImputer()),
        "IterativeImputer, BayesianRidge": _fill(IterativeImputer(random_state=seed)),
        "IterativeImputer, ExtraTrees": _fill(IterativeImputer(forest, max_iter=5, random_state=seed)),
    }


def _fill(imputer: Any) -> Fill:
    def filled(train: Matrix, rows: Matrix) -> Matrix:
        scale = Scale.of(train)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # that the rounds were not enough: they are its default, or all that time allows
            return scale.back(imputer.fit(scale.forth(train)).transform(scale.forth(rows)))

    return filled


def _line(cell: Cell) -> Line:
    return Line(f"{cell.name}: RMSE, z; best single: {cell.best}", cell.auto, cell.peers[cell.best])


def _summary(cells: Sequence[Cell], quick: bool) -> Iterator[Line]:
    ratios = {"auto": [cell.auto.middle / cell.peers[cell.best].middle for cell in cells]}
    for name in cells[0].peers:
        ratios[name] = [cell.peers[name].middle / cell.peers[cell.best].middle for cell in cells]
    close = sum(ratio <= CLOSE for ratio in ratios["auto"])
    goal = None if quick else Goal("ours", ">=", 11)
    yield Line(f"cells of {len(cells)} where auto <= {CLOSE} x the best single", figure(close), goal=goal)
    above = sum(cell.auto.middle > cell.peers["mean"].middle for cell in cells)
    yield Line("  where auto is above the mean", figure(above), goal=Goal("ours", "<=", 0))
    middle = {name: float(np.exp(np.mean(np.log(values)))) for name, values in ratios.items()}
    for name in cells[0].peers:
        wins = sum(cell.best == name for cell in cells)
        what = f"  times the best single, geometric mean; {name} (best in {wins})"
        yield Line(what, figure(middle["auto"]), figure(middle[name]))


def _costs(cpu: Mapping[str, Sequence[float]]) -> Iterator[Line]:
    slow = "IterativeImputer, ExtraTrees"
    yield Line(f"CPU-s for all cells; {slow}", figure(sum(cpu["auto"])), figure(sum(cpu[slow])))


def _large() -> Line:
    """Measure a table on which neighbours would cost more than the budget."""
    random = seeds.generator(0, "large")
    whole = random.normal(size=(LARGE[0], 3)) @ random.normal(size=(3, LARGE[1])) + random.normal(size=LARGE)
    started = time.process_time()
    fitted = AutoFill().fit(np.where(random.random(LARGE) < 0.1, np.nan, whole))
    size = len(json.dumps(fitted)) / 1e6
    left_out = ", ".join(fitted["left_out"]) or "nothing"
    what = f"auto on {LARGE[0]:,} x {LARGE[1]} (left out: {left_out}; state {size:.1f} MB): CPU-s to fit"
    return Line(what, figure(time.process_time() - started))


if __name__ == "__main__":
    table.main("imputation", measure, ["numpy", "pandas", "scikit-learn", "scipy"])
