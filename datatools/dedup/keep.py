"""Which of several copies stays: a total order over files, so that the answer never depends on which was met first."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.errors import DataError

Keep = Literal["largest", "sharpest", "least_compressed", "first"]

MEASURES = {
    "largest": ("width", "height"),
    "sharpest": ("sharpness",),
    "least_compressed": ("bytes", "width", "height"),
    "first": (),
}


def rank(files: pd.DataFrame, keep: Keep) -> NDArray[np.int64]:
    """Return the rank of each file, 0 for the one to keep before all others.

    A file with a label comes before one without, whatever ``keep`` says, so that no label is lost; then the measure; then the path.

    Args:
        files: columns path, label and, as ``keep`` needs them, width, height (pixels), bytes and sharpness.
        keep: ``largest`` by pixels, ``sharpest`` by sharpness, ``least_compressed`` by bytes per pixel, or ``first`` by path.

    Raises:
        DataError: a measure is missing.
    """
    keys = pd.DataFrame(
        {
            "unlabelled": files["label"].isna().to_numpy(),
            "measure": -_measure(files, keep),
            "path": files["path"].astype(str).to_numpy(),
        }
    )
    ranks = np.empty(len(files), dtype=np.int64)
    ranks[keys.sort_values(["unlabelled", "measure", "path"], kind="stable").index.to_numpy()] = np.arange(len(files))
    return ranks


def _measure(files: pd.DataFrame, keep: Keep) -> NDArray[np.float64]:
    for name in MEASURES[keep]:
        if name not in files or files[name].isna().any():
            missing = files.loc[files[name].isna(), "path"].iloc[0] if name in files else "any file"
            raise DataError(
                f"quality table: {name}: is missing for {missing}, and keep: {keep} needs it; run ingest again"
            )
    if keep == "first":
        return np.zeros(len(files))
    if keep == "sharpest":
        return files["sharpness"].to_numpy(dtype=np.float64)
    pixels: NDArray[np.float64] = files["width"].to_numpy(dtype=np.float64) * files["height"].to_numpy(dtype=np.float64)
    if keep == "largest":
        return pixels
    per_pixel: NDArray[np.float64] = files["bytes"].to_numpy(dtype=np.float64) / pixels
    return per_pixel
