"""Learning curves of the candidates, as the stage finetune left them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.diagnose.evidence import Evidence
from datatools.page import candidates

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One candidate, its name in words: values per epoch; epoch 0 is where it started and has no train loss (NaN)."""

    name: str
    train_loss: Floats
    val_loss: Floats
    val_accuracy: Floats

    @property
    def start(self) -> tuple[float, float]:
        """Return loss and accuracy on val before the first step."""
        return float(self.val_loss[0]), float(self.val_accuracy[0])

    @property
    def trained(self) -> Floats:
        """Return the train losses of the epochs that were trained."""
        return self.train_loss[1:]


def curves(evidence: Evidence) -> Iterator[Curve]:
    """Yield the curves of the candidates that trained at least one epoch."""
    if evidence.candidates.empty:
        return
    for name, table in evidence.candidates.groupby("candidate", sort=True):
        ordered: pd.DataFrame = table.sort_values("epoch")
        if len(ordered) > 1 and ordered["epoch"].iloc[0] == 0:
            columns = (
                ordered[column].to_numpy(dtype=np.float64) for column in ("train_loss", "val_loss", "val_accuracy")
            )
            yield Curve(candidates.name(str(name)), *columns)
