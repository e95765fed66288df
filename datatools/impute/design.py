"""What stands beside a column, as numbers: what its model may look at."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.impute.columns import Column
from datatools.impute.scaling import Scale

Matrix = NDArray[np.float64]
MOST_CATEGORIES = 20  # of a column that become inputs; a column with more is not looked at


def beside(
    name: str, columns: Sequence[Column], found: Mapping[str, "pd.Series[Any]"], numbers: Matrix, scale: Scale | None
) -> Matrix:
    """Return the inputs for one column of categories, N x P without NaN.

    Args:
        columns: all that train knew a value of.
        found: their cells, null = missing.
        numbers: the numeric columns, filled, N x D.
        scale: of those in train.

    Returns:
        the numbers in standard deviations, and 0 or 1 for each category of each other column; where that is missing, 0 for all.
    """
    parts = [np.zeros((len(found[name]), 0))] if scale is None else [scale.forth(numbers)]
    for column in columns:
        if column["name"] != name:
            parts += [(found[column["name"]] == value).to_numpy(dtype=np.float64)[:, None] for value in _values(column)]
    return np.hstack(parts)


def _values(column: Column) -> list[Any]:
    if column["kind"] == "boolean":
        return [1.0, 0.0]  # both: missing is neither
    categories = column.get("categories", [])
    return categories if len(categories) <= MOST_CATEGORIES else []
