"""Two models on the same images: which one is better, and can it be chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest, norm

from datatools.errors import DataError
from datatools.evaluate.intervals import Estimate, percentile, undefined
from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.resample import totals_of_few

Integers = NDArray[np.integer]

MANY = 20_000  # images that only one got right: from here on the exact test takes seconds, and differs from the normal one by nothing


@dataclass(frozen=True)
class Comparison:
    """How ``ours`` compares with ``theirs``.

    Attributes:
        ours_only: images that only ours got right.
        theirs_only: images that only theirs got right.
        p_value: of McNemar's exact test that both are right equally often, with groups in the place of images where there are some.
        difference: accuracy of ours less that of theirs, in [-1, 1].
    """

    ours_only: int
    theirs_only: int
    p_value: float
    difference: Estimate


def compare(
    ours: Outcomes, theirs: Outcomes, draws: int, rng: np.random.Generator, confidence: float = 0.95
) -> Comparison:
    """Compare two models image by image; images of a group (those of ``ours``) are no independent witnesses.

    Raises:
        DataError: they did not answer for the same images.
    """
    if not np.array_equal(ours.image_id, theirs.image_id):
        different = len(set(ours.image_id) ^ set(theirs.image_id))
        raise DataError(f"two models can only be compared on the same images; {different} are in one table only")
    lead = ours.correct.astype(np.int64) - theirs.correct
    won, lost = int((lead > 0).sum()), int((lead < 0).sum())
    sums = _by_group(lead, np.unique(ours.group, return_inverse=True)[1])
    return Comparison(won, lost, sign_flip(sums[:, 0]), _difference(sums, draws, rng, confidence))


def mcnemar(won: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: a sign test on the images that only one got right.

    McNemar, Psychometrika 12, 1947; the exact form is the binomial test with one half.
    """
    return float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0


def sign_flip(leads: Integers) -> float:
    """Return the two-sided p-value that a sum of leads is 0 by chance: how often it is at least as far off if each has a random sign.

    Fisher's randomisation test (The Design of Experiments, 1935, section 21), computed exactly: if both models are equally good, their
    answers can be exchanged, for a whole group at a time. With leads of -1, 0 and 1 it is McNemar's exact test.

    Args:
        leads: of each group, how many more images ours got right than theirs.
    """
    observed = abs(int(leads.sum()))
    sizes, counts = np.unique(np.abs(leads[leads != 0]), return_counts=True)
    reach = int((sizes * counts).sum())
    if reach > MANY:
        return float(min(1.0, 2 * norm.sf((observed - 0.5) / np.sqrt((sizes**2 * counts).sum()))))
    chance = np.ones(1)  # of each sum -reach .. reach
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        steps = np.zeros(2 * size * count + 1)
        steps[:: 2 * size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chance = np.convolve(chance, steps)
    far = np.abs(np.arange(-reach, reach + 1)) >= observed
    return float(min(1.0, chance[far].sum()))


def _by_group(lead: Integers, group: Integers) -> Integers:
    """Return the lead and the number of images of each group, shape (groups, 2)."""
    return np.column_stack([np.bincount(group, weights=lead), np.bincount(group)]).astype(np.int64)


def _difference(sums: Integers, draws: int, rng: np.random.Generator, confidence: float) -> Estimate:
    if not len(sums):
        return undefined()
    drawn = totals_of_few(sums, draws, rng)
    lead, images = sums.sum(axis=0).tolist()
    return percentile(lead / images, drawn[:, 0] / drawn[:, 1], images, confidence)
