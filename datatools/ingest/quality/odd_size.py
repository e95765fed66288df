"""Check: unlike the others in size."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class OddSize(Settings):
    """Much smaller or larger than the others: the side of a square with as many pixels, against the median of this data set."""

    threshold: float = Field(
        default=4.0,
        gt=1,
        description="Factor between an image's side and the median side. Lower it where all images should be alike in size.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return how many times smaller or larger than the median image one is, as lengths; at least 1."""
        return _factor(table)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie above the threshold."""
        return np.asarray(figure > self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the highest figure first."""
        return np.argsort(-figure, kind="stable")


def _factor(table: pd.DataFrame) -> NDArray[np.float64]:
    side = np.sqrt(table["width"].to_numpy(dtype=np.float64) * table["height"].to_numpy(dtype=np.float64))
    if not len(side):
        return np.zeros(0)
    ratio = side / np.median(side)
    return np.asarray(np.maximum(ratio, 1 / ratio))
