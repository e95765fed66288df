"""Check: too light."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class Light(Settings):
    """Even the darkest parts are pale: 95 of 100 pixels are lighter than the threshold in every channel.

    Overexposure, fog, an empty page.
    """

    threshold: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Level, 0 to 1, below which the darkest channel of 5 pixels of 100 should lie. Raise it for drawings on white.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return `shadows`, the level in [0, 1] that the darkest channel of 5 of 100 pixels does not exceed."""
        return table["shadows"].to_numpy(dtype=np.float64)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie above the threshold."""
        return np.asarray(figure > self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the highest figure first."""
        return np.argsort(-figure, kind="stable")
