"""Check: blurred."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.ingest.quality.check import ACTION, Action
from datatools.settings import Settings


class Blurry(Settings):
    """Blurred at the size that a network sees: the edges are weak beside the contrast.

    A large photo is judged on its reduced picture, so that a blur of a few pixels in 20 megapixels does not count.
    """

    threshold: float = Field(
        default=0.22,
        ge=0,
        description="Least acutance (root of the variance of the Laplacian, by the contrast). Lower it for smooth subjects: X-rays, sky.",
    )
    action: Action = Field(default="flag", description=ACTION)

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return `acutance`."""
        return table["acutance"].to_numpy(dtype=np.float64)

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures lie below the threshold."""
        return np.asarray(figure < self.threshold)

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the lowest figure first."""
        return np.argsort(figure, kind="stable")
