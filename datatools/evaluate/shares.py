"""A share of images with its interval, where images may come in groups."""

import numpy as np
from numpy.typing import NDArray

from datatools.evaluate.intervals import Estimate, of_few, undefined, wilson, wilson_bounds

Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]


def share(hits: Flags, group: Codes, confidence: float = 0.95) -> Estimate:
    """Return the share of hits with Wilson's interval, as of so many independent images as the groups are worth.

    Args:
        hits: which of n images fulfil it.
        group: n codes from 0 on; images of a group stand or fall together.

    The variance of the share is that of a ratio of sums over groups; it is worth ``share (1 - share) / variance`` independent images, at
    most n, and fewer again for a variance known from few groups (Korn and Graubard, Survey Methodology 24, 1998, 193-201). At a share of
    0 or 1, which show no variance, a group counts once. Without groups this is Wilson's interval itself. The bootstrap over groups has
    the same variance, yet gives an interval of no width at 0 and 1, and covers less often with few groups.
    """
    total = len(hits)
    groups = int(np.count_nonzero(np.bincount(group)))
    if groups == total:
        return wilson(int(hits.sum()), total, confidence)
    value = float(hits.mean())
    surplus = np.bincount(group, weights=hits - value)
    variance = float((surplus**2).sum()) / total**2 * groups / max(groups - 1, 1)
    trials = value * (1 - value) / variance if variance > 0 else float(groups)
    trials = min(float(total), trials) * of_few(groups, confidence)
    return Estimate(value, *wilson_bounds(value, max(trials, 1.0), confidence), total)


def simultaneous(hits: Flags, part: Codes, names: tuple[str, ...], group: Codes, confidence: float = 0.95) -> Estimate:
    """Return the smallest share of hits over parts of the images, and the part's name (of equals the first).

    Args:
        part: n positions in ``names``, -1 for none.

    The part that looks worst owes it partly to chance, so its own interval would promise too much. With each part's interval at the level
    of Bonferroni all hold at once; then the smallest share lies between the smallest low end and the smallest high end.
    """
    present = [row for row in range(len(names)) if (part == row).any()]
    if not present:
        return undefined()
    level = 1 - (1 - confidence) / len(present)
    found = [share(hits[part == row], group[part == row], level) for row in present]
    values, lows, highs = (np.array([getattr(each, end) for each in found]) for end in ("value", "low", "high"))
    worst = int(values.argmin())
    return Estimate(
        float(values[worst]), float(lows.min()), float(highs.min()), found[worst].n, name=names[present[worst]]
    )
