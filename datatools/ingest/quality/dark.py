"""Check: too dark."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class Dark(Settings):
    """Even the brightest parts are dim: 99 of 100 pixels are darker than the threshold."""

    threshold: float = Field(
        default=0.32,
        ge=0,
        le=1,
        description="Grey level, 0 to 1, that one pixel of 100 should exceed. Lower it for night scenes; 0 finds nothing.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return `highlights`, the grey level in [0, 1] that 99 of 100 pixels do not exceed."""
        return table["highlights"].to_numpy(dtype=np.float64)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie below the threshold."""
        return np.asarray(figure < self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the lowest figure first."""
        return np.argsort(figure, kind="stable")
