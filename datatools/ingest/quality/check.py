"""What a quality check is."""

from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Action = Literal["flag", "drop", "off"]
ACTION = "flag = say so in quality.parquet, drop = leave the image out (it goes to the quarantine), off = do not look."


class Check(Protocol):
    """One way in which an image may be bad; made of its settings, called on the table of figures."""

    @property
    def action(self) -> Action:
        """What happens to an image that does not pass."""

    @property
    def threshold(self) -> float:
        """Where good ends."""

    def figure(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return the figure that is judged, one per row of the table of :class:`datatools.ingest.quality.Quality`."""

    def found(self, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which figures do not pass."""

    def worst_first(self, figure: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the rows, the worst first; equal ones in the order of the table."""
