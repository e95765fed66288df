"""The labelled rows of a split with what a model says of them: what most checks look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.diagnose.evidence import Evidence

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
HELD_OUT = ("val", "test")


@dataclass(frozen=True)
class Answers:
    """Labelled rows, in the order of their image_id.

    Attributes:
        table: image_id, split, domain, label, predicted, loss, group (number of the things that belong together).
        confidence: probability of the answer.
    """

    table: pd.DataFrame
    confidence: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def right(self) -> Flags:
        """Return which answers are the label."""
        return np.asarray(self.table["predicted"] == self.table["label"], dtype=np.bool_)

    @property
    def groups(self) -> Integers:
        """Return the number of each row's group."""
        return np.asarray(self.table["group"], dtype=np.int64)

    def only(self, chosen: Flags) -> "Answers":
        """Return some of the rows."""
        return Answers(self.table[chosen], self.confidence[chosen])

    def worst(self, count: int = 12) -> list[str]:
        """Return the image_ids of the wrong answers, those with the highest loss first."""
        wrong = self.table[~self.right].sort_values(["loss", "image_id"], ascending=[False, True])
        return [str(image_id) for image_id in wrong["image_id"].head(count)]


def answers(evidence: Evidence, splits: Sequence[str]) -> Answers:
    """Return what the delivered model says of the labelled rows of these splits."""
    known = evidence.labelled
    kept = known[known["split"].isin(list(splits))]
    return Answers(kept.drop(columns="confidence"), kept["confidence"].to_numpy(dtype=np.float64))


def final(evidence: Evidence) -> Answers:
    """Return the rows of the final score: test, or, where no test row has a label, val."""
    return answers(evidence, (final_split(evidence),))


def final_split(evidence: Evidence) -> str:
    """Return which split gives the final score."""
    return "test" if len(answers(evidence, ("test",))) else "val"
