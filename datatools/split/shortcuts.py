"""Check for a tabular feature that gives the label away, such as a finer class or the expert's verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import feature_columns
from datatools.split import groups
from datatools.split.findings import Audited, Finding

FEWEST = 20  # groups whose value occurs in another group too; a column with fewer is not judged
REPEATED = 0.5  # least share of them among the groups with a value: below, the values are names
COVERED = 0.2  # least share of them among all groups: below, what they give away is too little to matter
SURE = 0.99


@dataclass(frozen=True)
class Score:
    """How well a column gives the label away.

    Attributes:
        accuracy: share of the judged groups whose label it gives.
        base: the same for always naming the most frequent class.
        share: share of all groups that could be judged.
    """

    accuracy: float
    base: float
    share: float

    def sure(self) -> bool:
        """Return whether the column determines the label, and the commonest class does not."""
        return self.base < 1 and self.accuracy >= SURE and 1 - self.accuracy <= 0.1 * (1 - self.base)


def label_feature(audited: Audited) -> Finding:
    """No ``x_*`` column determines the label; the value is the accuracy of the surest column that is judged.

    A label is predicted by the majority of the other groups with the same value. A column is named when this is right in 99 % of the
    cases and a tenth as often wrong as the most frequent class. Nearly unique values, such as file names, predict nothing and are not
    judged, nor are values that speak for less than a fifth of the groups.
    """
    labelled = audited.labelled
    members = groups.find(labelled).of_row if len(labelled) else np.empty(0, dtype=np.int64)
    scores = {name: _score(labelled[name], labelled["label"], members) for name in feature_columns(audited.rows)}
    judged = {name: score for name, score in scores.items() if score is not None}
    value = max((score.accuracy for score in judged.values()), default=0.0)
    guilty = [f"{name} (for {score.share:.0%} of the groups)" for name, score in judged.items() if score.sure()]
    if not guilty:
        return Finding("label_feature", True, "warning", value, "no tabular column determines the label")
    detail = (
        f"{', '.join(guilty[:3])} {'determines' if len(guilty) == 1 else 'determine'} the label: "
        "if it is made from the label, or unknown when the model is used, leave it out in ingest"
    )
    return Finding("label_feature", False, "warning", value, detail, len(labelled))


def _score(values: "pd.Series[Any]", labels: "pd.Series[str]", members: NDArray[np.int64]) -> Score | None:
    """Score a column by leaving out one group at a time; None where it cannot be judged."""
    known = values.notna().to_numpy(dtype=bool)
    codes = {"value": pd.factorize(values[known])[0], "label": pd.factorize(labels[known])[0], "member": members[known]}
    frame = pd.DataFrame(codes).drop_duplicates()
    repeated = frame[frame.groupby("value")["label"].transform("size") >= 2]
    share = repeated["member"].nunique() / max(len(np.unique(members)), 1)
    if len(repeated) < max(FEWEST, REPEATED * len(frame)) or share < COVERED:
        return None
    base = float(repeated["label"].value_counts(normalize=True).iloc[0])
    return Score(_right(repeated) / len(repeated), base, share)


def _right(frame: pd.DataFrame) -> int:
    """Count the rows whose label is the strict majority among the other rows with their value."""
    counts = frame.groupby(["value", "label"]).size().sort_values(ascending=False)
    per_value = counts.groupby(level="value")
    top = per_value.max()
    second = counts[per_value.cumcount() == 1].droplevel("label").reindex(top.index, fill_value=0)
    return int(top[top - 1 > second].sum())
