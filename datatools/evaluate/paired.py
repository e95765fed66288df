"""Two models on the same images: which one is better, and can it be chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest, norm, t

from datatools.errors import DataError
from datatools.evaluate.intervals import Estimate, normal_quantile, undefined
from datatools.evaluate.outcomes import Outcomes

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


def compare(ours: Outcomes, theirs: Outcomes, confidence: float = 0.95) -> Comparison:
    """Compare two models image by image; images of a group (those of ``ours``) are no independent witnesses.

    The interval of the difference is Bonett and Price's (Journal of Educational and Behavioral Statistics 37, 2012, 479-488): a Wald
    interval after two more groups of mean size were added, one with ours ahead and one with theirs, by as many images as groups that
    differ do (all, where none does). The percentile bootstrap
    holds no more than .62 to .91 of the time where few images tell the models apart, and has no width where none does. Models that give
    equal probabilities differ by nothing, and their interval has none either.

    Raises:
        DataError: they did not answer for the same images.
    """
    if not np.array_equal(ours.image_id, theirs.image_id):
        different = len(set(ours.image_id) ^ set(theirs.image_id))
        raise DataError(f"two models can only be compared on the same images; {different} are in one table only")
    lead = ours.correct.astype(np.int64) - theirs.correct
    won, lost = int((lead > 0).sum()), int((lead < 0).sum())
    sums = _by_group(lead, np.unique(ours.group, return_inverse=True)[1])
    same = np.array_equal(ours.probabilities, theirs.probabilities) and not lead.any()
    return Comparison(won, lost, sign_flip(sums[:, 0]), _difference(sums, same, confidence))


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


def _difference(sums: Integers, same: bool, confidence: float) -> Estimate:
    lead, images = sums.sum(axis=0).tolist()
    if not images:
        return undefined()
    value, count = lead / images, len(sums)
    if same:
        return Estimate(value, value, value, images)
    size = images / count
    differ = np.abs(sums[sums[:, 0] != 0, 0])
    lead_of_one = float(differ.mean()) if differ.size else size
    leads, sizes = np.append(sums[:, 0], [lead_of_one, -lead_of_one]), np.append(sums[:, 1], [size, size])
    centre = lead / sizes.sum()
    spread = float(np.sqrt(((leads - centre * sizes) ** 2).sum())) / sizes.sum()
    half = spread * normal_quantile(confidence)
    if count < images:  # a variance known from few groups
        half = spread * np.sqrt((count + 2) / (count + 1)) * float(t.ppf((1 + confidence) / 2, count + 1))
    return Estimate(value, max(-1.0, min(value, centre - half)), min(1.0, max(value, centre + half)), images)
