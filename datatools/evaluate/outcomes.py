"""The labelled images of one model on one split, as arrays: what every metric starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.components import joined
from datatools.errors import DataError
from datatools.evaluate import slices
from datatools.evaluate.slices import Slices

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

SUM_TOLERANCE = 1e-3  # a softmax in half precision sums to 1 within this


@dataclass(frozen=True)
class Outcomes:
    """Truth and prediction of n labelled images.

    Attributes:
        image_id: n identities, sorted.
        classes: what the model can answer, sorted; K names.
        labels: classes and every other label that occurs, sorted; L >= K names.
        truth: n positions in ``labels``.
        predicted: n positions in ``labels``.
        probabilities: shape (n, K), rows summing to 1.
        domain: n names.
        group: n codes, equal for images that a chain of equal ``cluster_id`` or ``group_id`` ties together.
        slices: by kind and name, which of the n images are in that part; see :mod:`datatools.evaluate.slices`.
    """

    image_id: NDArray[np.str_]
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    truth: Codes
    predicted: Codes
    probabilities: Floats
    domain: NDArray[np.str_]
    group: Codes
    slices: Slices

    def __len__(self) -> int:
        return len(self.truth)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Return which images are right, shape (n,)."""
        return np.asarray(self.truth == self.predicted, dtype=np.bool_)

    @cached_property
    def class_of_truth(self) -> Codes:
        """Return the position of each true label in ``classes``, -1 where training never saw it; shape (n,)."""
        where = {name: row for row, name in enumerate(self.classes)}
        return np.array([where.get(name, -1) for name in self.labels], dtype=np.intp)[self.truth]

    @cached_property
    def groups(self) -> int:
        """Return how many groups the images are of; as many as images where none has a relative."""
        return int(np.count_nonzero(np.bincount(self.group)))

    def of(self, rows: NDArray[np.bool_]) -> "Outcomes":
        """Return the images where ``rows`` is true; the names stay."""
        return Outcomes(
            self.image_id[rows],
            self.classes,
            self.labels,
            self.truth[rows],
            self.predicted[rows],
            self.probabilities[rows],
            self.domain[rows],
            self.group[rows],
            {key: flags[rows] for key, flags in self.slices.items()},
        )


def from_table(frame: pd.DataFrame, classes: Sequence[str], where: str) -> Outcomes:
    """Take the labelled rows of a table of predictions.

    A label that is no class of the model stays: no answer can be right there, so it counts as an error.

    Args:
        frame: columns image_id, domain, label, predicted, probabilities, and where known those of the schema JUDGED. Without
            ``cluster_id`` every image is a group by itself.
        classes: the model's classes, in the order of the probabilities.
        where: begins the message of an error.

    Raises:
        DataError: probabilities that are none, or an answer that is no class of the model.
    """
    rows = frame[frame["label"].notna()].sort_values("image_id", kind="stable")
    labels = tuple(sorted({*classes, *rows["label"].astype(str)}))
    return Outcomes(
        image_id=rows["image_id"].to_numpy(dtype=str),
        classes=tuple(classes),
        labels=labels,
        truth=_codes(rows["label"], labels),
        predicted=_codes(_known(rows, classes, where), labels),
        probabilities=_probabilities(rows, len(classes), where),
        domain=rows["domain"].to_numpy(dtype=str),
        group=_groups(rows),
        slices=slices.of(rows),
    )


def _groups(rows: pd.DataFrame) -> Codes:
    if "cluster_id" not in rows:
        return np.arange(len(rows))
    ties = rows[["cluster_id"]].assign(group_id=rows.get("group_id"))
    return joined(ties).astype(np.intp)


def _codes(values: "pd.Series[str]", names: Sequence[str]) -> Codes:
    return np.asarray(pd.Index(names).get_indexer(pd.Index(values.astype(str))), dtype=np.intp)


def _known(rows: pd.DataFrame, classes: Sequence[str], where: str) -> "pd.Series[str]":
    unknown = ~rows["predicted"].isin(list(classes))
    if unknown.any():
        first = rows[unknown].iloc[0]
        raise DataError(
            f"{where}: image {first['image_id']}: predicted {first['predicted']!r} is none of the model's"
            f" {len(classes)} classes"
        )
    return rows["predicted"]


def _probabilities(rows: pd.DataFrame, width: int, where: str) -> Floats:
    for image_id, values in zip(rows["image_id"], rows["probabilities"], strict=True):
        if len(values) != width:
            raise DataError(f"{where}: image {image_id}: {len(values)} probabilities for {width} classes")
    matrix = np.array([np.asarray(values, dtype=np.float64) for values in rows["probabilities"]]).reshape(-1, width)
    total = matrix.sum(axis=1)
    wrong = ~((matrix >= 0).all(axis=1) & (np.abs(total - 1) <= SUM_TOLERANCE))
    if wrong.any():
        raise DataError(
            f"{where}: image {rows['image_id'].iloc[int(np.argmax(wrong))]}: probabilities must be at least 0 and sum to 1,"
            f" got a sum of {total[wrong][0]:.4g}"
        )
    return np.asarray(matrix / total[:, None], dtype=np.float64)
