"""Images of the target domain whose labels are hidden: what it looks like may be learned, and the score is of the others."""

import numpy as np
import pandas as pd

from datatools import seeds
from datatools.split import groups


def hide(rows: pd.DataFrame, domain: str, share: float, seed: int) -> pd.DataFrame:
    """Return the rows with the labels removed of about ``share`` of those that the domain alone has, by whole groups.

    Groups with a row of another domain keep their labels. Which groups are chosen depends on the seed and on their names, never on labels;
    the order of the rows does not matter.

    Args:
        rows: the manifest.
        domain: the target domain.
        share: in [0, 1); of the labelled rows of groups that lie in the domain alone.
    """
    found = groups.find(rows)
    inside = (rows["domain"] == domain).to_numpy(dtype=bool)
    own = np.bincount(found.of_row[~inside], minlength=len(found.keys)) == 0
    labelled = inside & rows["label"].notna().to_numpy(dtype=bool)
    size = np.bincount(found.of_row[labelled], minlength=len(found.keys)) * own
    drawn = np.array([seeds.integer(seed, "split", "references", key) for key in found.keys], dtype=np.uint64)
    order = np.argsort(drawn, kind="stable")
    filled = np.cumsum(size[order])
    chosen = np.zeros(len(found.keys), dtype=bool)
    # A group is taken while its middle lies within the share, so that the sum comes nearest.
    chosen[order] = filled - size[order] / 2 < share * size.sum()
    lent = labelled & (chosen & own & (size > 0))[found.of_row]
    return rows.assign(label=rows["label"].where(~lent, None)) if lent.any() else rows
