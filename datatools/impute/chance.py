"""Whether values are missing more often in one part of the table than in another."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

RARE = 0.001  # how often chance alone may call a column not at random
FEWEST = 5.0  # expected cells, from which the chi-square distribution holds


def by_part(gaps: "pd.Series[bool]", parts: "pd.Series[Any]") -> dict[str, Any]:
    """Compare missing rates between parts (domains, splits); rows without a part are left out.

    Returns:
        ``rate``: part -> missing rate, in sorted order; ``p``: how probable such differences are if all parts miss values alike (Pearson's
        chi-square; null with one part, no gap, nothing but gaps, or cells so few that the test does not hold); ``v``: how strong the
        difference is (Cramér's V: 0 none, 1 the part says all; null likewise); ``at_random``: whether p is above .001, true without p.
    """
    missing, names = gaps.to_numpy(dtype=bool), parts.to_numpy(dtype=object)
    known = sorted(parts.dropna().unique())
    counts = np.array([[(missing & (names == name)).sum(), (~missing & (names == name)).sum()] for name in known])
    rate = {str(name): float(count[0] / count.sum()) for name, count in zip(known, counts, strict=True)}
    p, v = _test(counts)
    return {"rate": rate, "p": p, "v": v, "at_random": p is None or p > RARE}


def _test(counts: Any) -> tuple[float | None, float | None]:
    if len(counts) < 2 or not counts.sum(axis=0).all():
        return None, None
    found = chi2_contingency(counts, correction=False)
    if found.expected_freq.min() < FEWEST:
        return None, None
    return float(found.pvalue), float(np.sqrt(found.statistic / counts.sum()))
