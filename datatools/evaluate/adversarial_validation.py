"""Can a classifier tell the images of two splits apart? If it can, a score on one says less about the other.

A ridge classifier learns "train or test" from frozen features and is judged, by the area under its ROC curve, on groups that it has not
seen. .5 means that the two look alike; 1 that each image gives its split away, be it by camera, season, site or file format.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata, t
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from datatools import seeds
from datatools.evaluate.intervals import Estimate, undefined, wilson_bounds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FOLDS = 5
MOST = 4000  # rows of a side that are looked at: more make the interval narrower than anyone needs
ALIKE, PARTLY = 0.65, 0.85


@dataclass(frozen=True)
class Adversarial:
    """How well two sets of images can be told apart.

    Attributes:
        auc: chance that an image of the second set looks more like that set than an image of the first does.
        strangeness: of each row of the second set, how far its held-out score lies above those of the first set, in their standard
            deviations; NaN for the rows of the first set and those not looked at.
    """

    auc: Estimate
    strangeness: Floats

    def strangest(self, count: int) -> list[int]:
        """Return the rows of the second set that look least like the first, at most ``count``, the strangest first."""
        known = np.flatnonzero(~np.isnan(self.strangeness))
        order = np.lexsort((known, -self.strangeness[known]))
        return [int(row) for row in known[order][:count]]


def compare(features: NDArray[np.floating], first: Flags, second: Flags, groups: Integers, seed: int) -> Adversarial:
    """Tell two sets of images apart, by cross-validation over whole groups.

    Args:
        features: shape (n, d), of any scale.
        first, second: disjoint flags of shape (n,), such as the rows of train and of test.
        groups: of each row; the rows of a group are learned from or judged, never both.
        seed: draws the groups of each fold, and which rows are looked at where a set has more than 4,000: as many of each group as fit.

    The area is the mean over folds. Its 95 % interval is Wilson's for a share with the variance of Obuchowski (Biometrics 53, 1997,
    567-578), in which a group counts once: photos of one thing are no independent proof. It is widened for the models, which would be
    others on other images (Nadeau and Bengio, Machine Learning 52, 2003, 239-281), and for a variance known from few groups (Student's t
    with the degrees of freedom of Satterthwaite, Biometrics Bulletin 2, 1946, 110-114). Undefined with fewer than four groups in a set.
    """
    chosen = np.flatnonzero(_some(first, groups, seed, "first") | _some(second, groups, seed, "second"))
    side, group = second[chosen], groups[chosen]
    fewest = min(len(np.unique(group[side])), len(np.unique(group[~side])))
    strangeness = np.full(len(features), np.nan)
    if fewest < 4:
        return Adversarial(undefined(len(chosen)), strangeness)
    fold = _folds(side, group, seed, min(FOLDS, fewest // 2))
    score = _held_out(np.asarray(features[chosen], dtype=np.float64), side, fold)
    strangeness[chosen[side]] = score[side]
    return Adversarial(_area(score, side, group, fold), strangeness)


def in_words(name: str, auc: Estimate) -> str:
    """Return one sentence about what the area of ``name`` against train means."""
    if auc.value is None or auc.low is None or auc.high is None:
        return f"{name} has too few groups to be told from train"
    figures = f"AUC {auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"
    alike = f"{figures}: the {name} score speaks for images like those of train"
    if auc.low <= 0.5:
        if auc.high > ALIKE:
            return f"{name} has too few groups to say whether it looks like train, {figures}"
        return f"{name} images cannot be told from train images, {alike}"
    if auc.high <= ALIKE:
        return f"{name} images can hardly be told from train images, {alike}"
    if auc.value < PARTLY:
        return f"{name} images can partly be told from train images, {figures}: a part of the {name} error is a change of look"
    return f"{name} images look different from train images, {figures}: the {name} score measures how the model bears that change"


def _some(side: Flags, groups: Integers, seed: int, name: str) -> Flags:
    """Return a side, or about ``MOST`` of its rows, drawn at random: of each group as many as fit, so that small ones stay whole."""
    rows = np.flatnonzero(side)
    if len(rows) <= MOST:
        return side
    drawn = seeds.generator(seed, "adversarial", "some", name).permutation(rows)
    order = drawn[np.argsort(groups[drawn], kind="stable")]  # group by group, at random within each
    starts = np.flatnonzero(np.append(True, np.diff(groups[order]) != 0))
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    taken = order[rank < _most_per_group(sizes)]
    chosen = np.zeros(len(side), dtype=bool)
    chosen[taken if len(taken) <= MOST else drawn[np.isin(drawn, taken)][:MOST]] = True
    return chosen


def _most_per_group(sizes: Integers) -> int:
    """Return how many rows a group may give so that all together give ``MOST`` at most; 1 where even that is too many."""
    rising = np.sort(sizes)
    # If the groups from place k on are cut to one number, this is what is left for each of them.
    left = (MOST - np.cumsum(rising) + rising) // np.arange(len(rising), 0, -1)
    cut = np.flatnonzero(rising > left)
    return max(1, int(left[cut[0]])) if len(cut) else int(rising[-1])


def _folds(side: Flags, groups: Integers, seed: int, count: int) -> Integers:
    """Return the fold of each row: the groups of either side in random order, cut into about equally many rows."""
    fold = np.zeros(len(side), dtype=np.int64)
    for flag in (False, True):
        inside = side == flag
        _, of_row, rows = np.unique(groups[inside], return_inverse=True, return_counts=True)
        drawn = seeds.generator(seed, "adversarial", "folds", int(flag)).permutation(len(rows))
        # Dealt out in turn, so that no fold is left without a group.
        of_group = np.empty(len(rows), dtype=np.int64)
        of_group[drawn] = np.arange(len(rows)) % count
        fold[inside] = of_group[of_row]
    return fold


def _held_out(features: Floats, side: Flags, fold: Integers) -> Floats:
    """Return the score of each row by a model that saw the other folds, in standard deviations from the first side's mean."""
    score = np.empty(len(side))
    for number in range(int(fold.max()) + 1):
        judged = fold == number
        values = _predict(features[~judged], side[~judged], features[judged])
        first = values[~side[judged]]
        score[judged] = (values - first.mean()) / max(float(first.std()), 1e-12)
    return score


def _predict(features: Floats, side: Flags, unseen: Floats) -> Floats:
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-12] = 1.0
    # A penalty of d expects all features together to explain about as much as there is; both sides weigh the same.
    weight = np.where(side, 1 / side.sum(), 1 / (~side).sum()) * len(side) / 2
    model = Ridge(alpha=features.shape[1], solver="cholesky")
    with threadpool_limits(1):  # more threads would change the last bits of the result
        model.fit((features - mean) / scale, np.where(side, 1.0, -1.0), sample_weight=weight)
        found: Floats = model.predict((unseen - mean) / scale)
    return found


def _area(score: Floats, side: Flags, groups: Integers, fold: Integers) -> Estimate:
    folds = int(fold.max()) + 1
    values, parts = [], []
    for number in range(folds):
        inside = fold == number
        placed, truth, members = _placements(score[inside], side[inside]), side[inside], groups[inside]
        values.append(float(placed[truth].mean()))
        parts += [_of_groups(placed[truth == flag] - values[-1], members[truth == flag]) for flag in (True, False)]
    value = float(np.mean(values))
    variances, degrees = np.array(parts).T
    variance = float(variances.sum()) / folds**2 * (1 + folds / (folds - 1))
    if variance <= 0:  # told apart without an error: Wilson's interval of as many trials as there are groups
        fewest = min(len(np.unique(groups[side == flag])) for flag in (True, False))
        return Estimate(value, *wilson_bounds(value, fewest, 0.95), len(side))
    freedom = float(variances.sum() ** 2 / (variances**2 / degrees).sum())
    confidence = float(2 * norm.cdf(t.ppf(0.975, freedom)) - 1)  # whose normal quantile is Student's for 95 %
    return Estimate(value, *wilson_bounds(value, value * (1 - value) / variance, confidence), len(side))


def _placements(score: Floats, side: Flags) -> Floats:
    """Return the share of the other side that each row beats (second side) or loses to (first side), ties counting one half."""
    m, n = int(side.sum()), int((~side).sum())
    ranks = rankdata(score)
    placed = np.empty(len(score))
    placed[side] = (ranks[side] - rankdata(score[side])) / n
    placed[~side] = 1 - (ranks[~side] - rankdata(score[~side])) / m
    return placed


def _of_groups(surplus: Floats, groups: Integers) -> tuple[float, int]:
    """Return the variance of the mean that one side of a fold contributes, from squares of sums over groups; and its degrees of freedom."""
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=surplus / len(surplus))
    return float((sums**2).sum() * len(sums) / (len(sums) - 1)), len(sums) - 1
