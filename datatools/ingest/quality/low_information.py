"""Check: nothing to see."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class LowInformation(Settings):
    """Nearly one plain surface: the image has hardly any contrast at 32 x 32 pixels, where noise has averaged out."""

    threshold: float = Field(
        default=6.0,
        ge=0,
        le=128,
        description="Least standard deviation of the grey levels (0 to 255) at 32 x 32 pixels. Lower it for pages with little on them.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return `structure`, the standard deviation of the grey levels at 32 x 32 pixels."""
        return table["structure"].to_numpy(dtype=np.float64)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie below the threshold."""
        return np.asarray(figure < self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the lowest figure first."""
        return np.argsort(figure, kind="stable")
