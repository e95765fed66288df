"""The completed table beside the images: one row for each, in the order of the images."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from datatools.errors import DataError
from datatools.manifest import feature_columns


def aligned(table: pd.DataFrame, image_ids: Sequence[str], where: str) -> pd.DataFrame:
    """Return the ``x_*`` columns of these images.

    Args:
        table: completed, with ``image_id``.
        where: begins the message of an error.

    Raises:
        DataError: the table has no row for an image.
    """
    known = table.set_index("image_id")
    absent = [name for name in image_ids if name not in known.index]
    if absent:
        raise DataError(f"{where}: has no row for {len(absent)} images, such as {absent[0]}; run: dvc repro impute")
    return known.loc[list(image_ids), feature_columns(table)]


def origins(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the columns of time, which the completed table has as days since the moment that stands here.

    Args:
        state: what the stage ``impute`` has learnt, as its JSON says.
    """
    return {column["name"]: column["origin"] for column in state["columns"] if column["kind"] == "timestamp"}
