"""Check: without colour."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class Grayscale(Settings):
    """No colour among others that have some: decided by the pixels, so that a grey photo stored as RGB is found too."""

    threshold: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Largest difference between the channels, 0 to 1, in 99 of 100 pixels. Turn the check off where all images are grey.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return `colour`, how far apart the channels lie in 99 of 100 pixels, in [0, 1]."""
        return table["colour"].to_numpy(dtype=np.float64)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie below the threshold."""
        return np.asarray(figure < self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the lowest figure first."""
        return np.argsort(figure, kind="stable")
