"""Whether values are missing more often in one part of the table than in another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from datatools import seeds

RARE = 0.001  # how often chance alone may call a column not at random
FEWEST = 5  # groups with a gap, and without, below which nothing can be told
# Cells in each part from which the chi-square distribution holds: of rows, and of groups of many sizes.
EXPECTED, OF_GROUPS = 5.0, 50.0
DRAWS, ENOUGH = 1999, 20  # permutations, and as extreme ones after which no more are needed

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


def by_part(
    gaps: "pd.Series[bool]", parts: "pd.Series[Any]", groups: "pd.Series[Any] | None" = None, seed: int = 0
) -> dict[str, Any]:
    """Compare missing rates between parts (domains, splits); rows without a part are left out.

    Args:
        groups: rows of one group, such as pictures of one plant, often miss a value together: they are then one observation rather than
            many. Rows without a group are each by themselves.
        seed: draws the permutations.

    Returns:
        ``rate``: part -> missing rate, in sorted order; ``p``: how probable such differences are if all parts miss values alike (Pearson's
        chi-square, each part counted as so many rows as its groups are worth; with few cells by permuting the rates of the groups; null
        with one part or too few groups with or without a gap); ``v``: how strong the difference is (Cramér's V: 0 none, 1 the part says
        all; null likewise); ``at_random``: whether p is above .001, null without p.

    Source of the correction for groups: Donner, Statistical methods in ophthalmology: an adjusted chi-square approach, Biometrics 45
    (1989), 605-611.
    """
    kept = parts.notna().to_numpy(dtype=bool)
    missing = gaps.to_numpy(dtype=bool)[kept].astype(np.float64)
    place, names = pd.factorize(parts[kept], sort=True)
    rate = {str(name): float(missing[place == number].mean()) for number, name in enumerate(names)}
    units = _units(missing, place, _groups(groups, kept), len(names))
    if len(names) < 2 or not units.enough():
        return {"rate": rate, "p": None, "v": None, "at_random": None}
    p = units.chance(seed)
    return {"rate": rate, "p": p, "v": float(np.sqrt(units.squares(units.lost) / len(missing))), "at_random": p > RARE}


@dataclass(frozen=True)
class Units:
    """What is missing or not by itself: the groups; one that lies in several parts is one unit in each.

    Attributes:
        part: of each of n units.
        size: how many rows it has.
        lost: how many of them miss the value.
        parts: how many parts there are.
    """

    part: Places
    size: Numbers
    lost: Numbers
    parts: int

    def enough(self) -> bool:
        """Return whether anything can be told."""
        return bool(min(np.count_nonzero(self.lost), np.count_nonzero(self.lost < self.size)) >= FEWEST)

    def chance(self, seed: int) -> float:
        """Return the probability of such differences, or larger ones, if the parts miss values alike."""
        inflation, rate = self._inflation(), self.lost.sum() / self.size.sum()
        rows = self._of_parts(self.size) / inflation
        expected = rows.min() * min(rate, 1 - rate)
        if expected < (EXPECTED if inflation.max() == 1 else OF_GROUPS):
            return self._permuted(seed)
        return float(chi2.sf(self.squares(self.lost, inflation), self.parts - 1))

    def squares(self, lost: Numbers, inflation: Numbers | float = 1.0) -> float:
        """Return Pearson's chi-square of what is lost, n numbers, with the rows of each part counted as fewer."""
        rows, gone = self._of_parts(self.size) / inflation, self._of_parts(lost) / inflation
        rate = gone.sum() / rows.sum()
        # A permutation of unequal groups may leave no gap, or nothing else; then the parts are alike.
        return float(((gone - rate * rows) ** 2 / rows).sum() / (rate * (1 - rate))) if 0 < rate < 1 else 0.0

    def _inflation(self) -> Numbers:
        """Return by how much the variance of each part's rate exceeds that of as many independent rows."""
        rate = self.lost.sum() / self.size.sum()
        pairs = float((self.size * (self.size - 1)).sum())
        excess = ((self.lost - rate * self.size) ** 2).sum() / (rate * (1 - rate)) - self.size.sum()
        alike = float(np.clip(excess / pairs, 0.0, 1.0)) if pairs else 0.0
        return np.asarray(1 + alike * (self._of_parts(self.size**2) / self._of_parts(self.size) - 1))

    def _permuted(self, seed: int) -> float:
        """Return how often the units' rates, dealt out anew, differ as much; the sizes of the groups stay where they are."""
        random = seeds.generator(seed, "impute", "chance")
        rates, observed, extreme = self.lost / self.size, self.squares(self.lost), 0
        for drawn in range(1, DRAWS + 1):
            extreme += self.squares(self.size * random.permutation(rates)) >= observed * (1 - 1e-9)
            if extreme == ENOUGH:
                return extreme / drawn
        return (extreme + 1) / (DRAWS + 1)

    def _of_parts(self, numbers: Numbers) -> Numbers:
        return np.asarray(np.bincount(self.part, numbers, self.parts), dtype=np.float64)


def _groups(groups: "pd.Series[Any] | None", kept: NDArray[np.bool_]) -> Places:
    if groups is None:
        return np.arange(int(kept.sum()))
    found, names = pd.factorize(groups[kept])
    alone = found < 0
    return np.where(alone, len(names) + np.cumsum(alone), found)


def _units(missing: Numbers, place: Places, group: Places, parts: int) -> Units:
    unit, where = np.unique(group * max(parts, 1) + place, return_inverse=True)
    size = np.bincount(where, minlength=len(unit)).astype(np.float64)
    lost = np.asarray(np.bincount(where, missing, len(unit)), dtype=np.float64)
    return Units(unit % max(parts, 1), size, lost, parts)
