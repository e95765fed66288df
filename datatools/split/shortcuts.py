"""Check for a tabular feature that gives the label away, such as a finer class or the expert's verdict."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import feature_columns
from datatools.split import groups
from datatools.split.findings import Audited, Finding

FEWEST = 20  # known groups, and the share of them with a value that occurs again, from which on a column is judged
REPEATED = 0.5
SURE = 0.99


def label_feature(audited: Audited) -> Finding:
    """No ``x_*`` column determines the label; the value is the accuracy of the surest column that is judged.

    A row's label is predicted by the majority of the other groups with the same value. A column is named when this is right in 99 % of
    the cases and a tenth as often wrong as the most frequent class. Nearly unique values, such as file names, predict nothing
    and are not judged.
    """
    labelled = audited.labelled
    members = groups.find(labelled).of_row if len(labelled) else np.empty(0, dtype=np.int64)
    scores = {name: _accuracy(labelled[name], labelled["label"], members) for name in feature_columns(audited.rows)}
    guilty = [
        name for name, (accuracy, base) in scores.items() if accuracy >= SURE and 1 - accuracy <= 0.1 * (1 - base)
    ]
    guilty = [name for name in guilty if scores[name][1] < 1]
    value = max((accuracy for accuracy, _ in scores.values()), default=0.0)
    if not guilty:
        return Finding("label_feature", True, "warning", value, "no tabular column determines the label")
    detail = (
        f"{', '.join(guilty[:3])} {'determines' if len(guilty) == 1 else 'determine'} the label: "
        "if it is made from the label, or unknown when the model is used, leave it out in ingest"
    )
    return Finding("label_feature", False, "warning", value, detail, len(labelled))


def _accuracy(values: "pd.Series[Any]", labels: "pd.Series[str]", members: NDArray[np.int64]) -> tuple[float, float]:
    """Return (accuracy of leave-one-out majority per value, share of the most frequent class); (0, 1) where it cannot be judged."""
    known = values.notna().to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {
            "value": pd.factorize(values[known])[0],
            "label": pd.factorize(labels[known])[0],
            "member": members[known],
        }
    ).drop_duplicates()
    total = frame.groupby("value")["label"].transform("size")
    repeated = frame[total >= 2]
    if len(frame) < FEWEST or len(repeated) < max(FEWEST, REPEATED * len(frame)):
        return 0.0, 1.0
    return _right(repeated) / len(repeated), float(repeated["label"].value_counts(normalize=True).iloc[0])


def _right(frame: pd.DataFrame) -> int:
    """Count the rows whose label is the strict majority among the other rows with their value."""
    counts = frame.groupby(["value", "label"]).size().sort_values(ascending=False)
    per_value = counts.groupby(level="value")
    top = per_value.max()
    second = counts[per_value.cumcount() == 1].droplevel("label").reindex(top.index, fill_value=0)
    return int(top[top - 1 > second].sum()) if len(top) else 0
