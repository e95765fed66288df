"""Check: very long or very tall."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class OddAspectRatio(Settings):
    """Much longer than wide, or wider than long: often a banner, a panorama or a wrong crop."""

    threshold: float = Field(
        default=0.35,
        ge=0,
        le=1,
        description="Least ratio of the short side to the long one. Lower it for panoramas or scanned lines of text.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return the short side by the long side."""
        return _ratio(table)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie below the threshold."""
        return np.asarray(figure < self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the lowest figure first."""
        return np.argsort(figure, kind="stable")


def _ratio(table: pd.DataFrame) -> NDArray[np.float64]:
    width, height = table["width"].to_numpy(dtype=np.float64), table["height"].to_numpy(dtype=np.float64)
    return np.asarray(np.minimum(width, height) / np.maximum(width, height))
