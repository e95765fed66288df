"""Images without a label: they teach nothing and prove nothing, but they show what the target domain looks like."""

import numpy as np
import pandas as pd

from datatools.split import groups
from datatools.split.assignment import Assignment

WHY = "unlabelled: a reference of the target domain"


def release(rows: pd.DataFrame, assigned: Assignment) -> Assignment:
    """Take unlabelled rows out of the splits, so that they may serve as references of their domain.

    One that shares its group with a labelled row stays on that row's side: the look of a test image must not reach training through
    another photo of the same thing.

    Args:
        rows: the manifest to which ``assigned`` belongs, in the same order.
    """
    unlabelled = rows["label"].isna().to_numpy(dtype=bool)
    group = groups.find(rows).of_row
    free = unlabelled & ~np.isin(group, group[~unlabelled])
    split, why = assigned.split.copy(), assigned.why.copy()
    why[free & (why == "")] = WHY
    split[free] = None
    return Assignment(split, why, assigned.promise)
