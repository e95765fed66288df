"""How far two sets of images lie apart in a feature space: the proxy A-distance and the maximum mean discrepancy.

The proxy A-distance is 2 (1 - 2 error) with the error of a linear classifier that tells the sets apart (Ben-David, Blitzer, Crammer and
Pereira, "Analysis of representations for domain adaptation", NIPS 2006; Ben-David et al., Machine Learning 79, 2010, 151-175): 0 where it
guesses, 2 where it never errs. It ends there: sets that are told apart without an error may still differ in how far they lie apart. The
squared maximum mean discrepancy does not end: the distance of the sets' means in the space of an RBF kernel whose width is the median
distance (Gretton, Borgwardt, Rasch, Schölkopf and Smola, JMLR 13, 2012, 723-773, lemma 6 and section 8).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from datatools import seeds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FOLDS = 10
HALVES = 19  # random halves of one set; the largest of their distances is passed by one more in twenty
FEWEST_GROUPS = 4  # of a set, so that every fold has some to learn from


@dataclass(frozen=True)
class Sides:
    """Two sets of rows, and which rows are no independent witnesses of each other.

    Attributes:
        second: which rows belong to the second set, shape (n,).
        groups: the group of each row, shape (n,); a group may be in both sets.
        lent: for a row of the first set, the group of the row of the second that had a part in it; -1 for none. Shape (n,).
    """

    second: Flags
    groups: Integers
    lent: Integers

    @property
    def fewest_groups(self) -> int:
        """Return how many groups the set with fewer of them has."""
        return min(len(np.unique(self.groups[self.second == side])) for side in (False, True))


@dataclass(frozen=True)
class Distances:
    """How far two sets lie apart.

    Attributes:
        a_distance: proxy A-distance in [0, 2].
        mmd: squared maximum mean discrepancy; unbiased, so that it may fall a little below 0.
    """

    a_distance: float
    mmd: float


@dataclass(frozen=True)
class Scale:
    """What turns features into numbers to be compared; one scale for all distances that are to be compared.

    Attributes:
        mean, std: of each feature, shape (d,); a feature that never varies has std 1.
        width: of the kernel, in standardised features.
    """

    mean: Floats
    std: Floats
    width: float

    def inner(self, features: NDArray[np.floating]) -> Floats:
        """Return the inner products of the rows of standardised features, shape (n, n)."""
        standard = (np.asarray(features, dtype=np.float64) - self.mean) / self.std
        found: Floats = standard @ standard.T
        return found

    def kernel(self, inner: Floats) -> Floats:
        """Return the RBF kernel exp(-distance^2 / (2 width^2)) from inner products, shape (n, n)."""
        return np.exp(-squared(inner) / (2 * self.width**2))


def squared(inner: Floats) -> Floats:
    """Return the squared distances between rows from their inner products, shape (n, n)."""
    norms = np.diag(inner)
    return np.maximum(norms[:, None] + norms - 2 * inner, 0.0)


def scale(features: NDArray[np.floating]) -> Scale:
    """Return the scale on which features of shape (n, d) have mean 0 and deviation 1; the kernel is as wide as their median distance."""
    data = np.asarray(features, dtype=np.float64)
    mean, std = data.mean(axis=0), data.std(axis=0)
    std[std < 1e-12] = 1.0
    with threadpool_limits(1):  # more threads would change the last bits of the result
        pairs = squared(Scale(mean, std, 1.0).inner(data))[np.triu_indices(len(data), 1)]
    return Scale(mean, std, float(np.sqrt(np.median(pairs))) or 1.0)


def distances(features: NDArray[np.floating], sides: Sides, on: Scale, seed: int = 0) -> Distances:
    """Return how far the two sets lie apart.

    Args:
        features: shape (n, d).
        sides: who belongs to which set; both need at least four groups.
        on: from :func:`scale`.
        seed: draws the folds.
    """
    with threadpool_limits(1):
        inner = on.inner(features)
        return _both(inner, on.kernel(inner), features.shape[1], sides, seed)


def alike(features: NDArray[np.floating], groups: Integers, count: int, on: Scale, seed: int = 0) -> Distances | None:
    """Return what random halves of one set reach: a distance beyond it comes by chance once in twenty times.

    Args:
        features: of the set, shape (n, d).
        groups: shape (n,); a group goes to one half.
        count: rows of the smaller half; never more than a half.

    Returns:
        The largest distances of 19 pairs of halves, or None where a half would have fewer than four groups.
    """
    nobody = np.full(len(groups), -1)
    halves = [Sides(~_part(groups, count, seed, number), groups, nobody) for number in range(HALVES)]
    if min(sides.fewest_groups for sides in halves) < FEWEST_GROUPS:
        return None
    with threadpool_limits(1):  # once for all: setting it takes longer than a distance
        inner = on.inner(features)
        kernel = on.kernel(inner)
        found = [_both(inner, kernel, features.shape[1], sides, seed) for sides in halves]
    return Distances(max(one.a_distance for one in found), max(one.mmd for one in found))


def _both(inner: Floats, kernel: Floats, width: int, sides: Sides, seed: int) -> Distances:
    return Distances(a_distance(inner, width, sides, seed), mmd(kernel, sides))


def _part(groups: Integers, count: int, seed: int, number: int) -> Flags:
    """Return a random choice of whole groups with about ``count`` rows, at most half of all."""
    names, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = seeds.generator(seed, "distance", "part", number).permutation(len(names))
    # A group is in if the middle of its rows is: on average, the part is neither too large nor too small.
    inside = np.cumsum(sizes[order]) - sizes[order] / 2 <= min(count, len(groups) // 2)
    chosen = np.zeros(len(names), dtype=np.bool_)
    chosen[order[inside]] = True
    return chosen[of_row]


def a_distance(inner: Floats, penalty: float, sides: Sides, seed: int = 0) -> float:
    """Return the proxy A-distance by a ridge classifier, judged on groups that it has not learned from.

    Both sets weigh the same, in learning and in the error, whatever their sizes; a distance below 0, which only chance gives, counts as 0.
    A row of the second set that had a part in a judged row is not learned from, unless none would be left.

    Args:
        inner: inner products of the rows, shape (n, n).
        penalty: the ridge's; the number of standardised features expects all of them together to explain about as much as there is.
    """
    wrong = np.empty(len(inner))
    fold = _folds(sides, seed)
    for number in range(int(fold.max()) + 1):
        judged = fold == number
        learned = _learned(judged, sides)
        score = _scores(inner, penalty, learned, judged, sides.second)
        wrong[judged] = np.where(score == 0, 0.5, (score > 0) != sides.second[judged])
    error = (wrong[sides.second].mean() + wrong[~sides.second].mean()) / 2
    return float(max(0.0, 2 * (1 - 2 * error)))


def _learned(judged: Flags, sides: Sides) -> Flags:
    others = ~judged
    without = others & ~(sides.second & np.isin(sides.groups, sides.lent[judged]))
    return without if (without & sides.second).any() else others


def _folds(sides: Sides, seed: int) -> Integers:
    """Return the fold of each row: groups in random order, dealt out in turn, those of one kind (first, second, both) after another."""
    names, of_row = np.unique(sides.groups, return_inverse=True)
    kind = np.zeros(len(names), dtype=np.int64)
    for side in (0, 1):
        kind[np.unique(of_row[sides.second == bool(side)])] += side + 1
    drawn = seeds.generator(seed, "distance", "folds").permutation(len(names))
    order = drawn[np.argsort(kind[drawn], kind="stable")]
    of_group = np.empty(len(names), dtype=np.int64)
    of_group[order] = np.arange(len(names)) % min(FOLDS, sides.fewest_groups)
    return of_group[of_row]


def _scores(inner: Floats, penalty: float, learned: Flags, judged: Flags, second: Flags) -> Floats:
    """Return what weighted ridge regression on +1 and -1 predicts for the judged rows, from inner products alone."""
    side = second[learned]
    weight = np.where(side, 0.5 / side.sum(), 0.5 / (~side).sum())  # sums to 1
    among, across = inner[np.ix_(learned, learned)], inner[np.ix_(judged, learned)]
    # Inner products about the weighted mean of what was learned from.
    middle = among @ weight
    centred = among - middle[:, None] - middle + weight @ middle
    towards = across - (across @ weight)[:, None] - middle + weight @ middle
    root = np.sqrt(weight * len(side))
    weighted = root[:, None] * centred * root + penalty * np.eye(len(side))
    found: Floats = towards @ (root * np.linalg.solve(weighted, root * np.where(side, 1.0, -1.0)))
    return found


def mmd(kernel: Floats, sides: Sides) -> float:
    """Return the unbiased squared maximum mean discrepancy, over the pairs of rows that know nothing of each other.

    Without groups these are all pairs of two rows (the U-statistic of the paper); here rows of one group do not count as a pair, nor does
    a row with the one that had a part in it, nor two rows in which the same one had a part.

    Args:
        kernel: shape (n, n).
    """
    strangers = _strangers(sides)
    first, second = ~sides.second, sides.second
    within = _mean(kernel, strangers, first, first) + _mean(kernel, strangers, second, second)
    return within - 2 * _mean(kernel, strangers, first, second)


def _strangers(sides: Sides) -> Flags:
    groups, lent = sides.groups, sides.lent
    helped = lent[:, None] == groups
    shared = (lent[:, None] == lent) & (lent >= 0)
    found: Flags = ~((groups[:, None] == groups) | helped | helped.T | shared)
    return found


def _mean(kernel: Floats, strangers: Flags, rows: Flags, columns: Flags) -> float:
    counted = strangers[np.ix_(rows, columns)]
    if not counted.any():  # a handful of references that had a part in everything
        counted = np.ones_like(counted)
    return float(kernel[np.ix_(rows, columns)][counted].mean())
