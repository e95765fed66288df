"""What the stages before did to each image: the columns that the table of predictions has more than the answers."""

import pandas as pd

COLUMNS = ("path", "captured_at", "group_id", "cluster_id", "cluster_size", "denoised", "imputed")
INDICATOR = "_missing"  # ends the name of a column that says where a feature was filled


def facts(rows: pd.DataFrame, dropped: pd.DataFrame, completed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per image of ``rows``: image_id, path (of the pixels that are read), captured_at, group_id, cluster_id, cluster_size,
    denoised, imputed.

    Args:
        rows: the manifest of the split with its features, and ``pixels``: the file that is read.
        dropped: column cluster_id; one row per image that the deduplication left out.
        completed: image_id and the features after imputation.
    """
    sizes = pd.concat([rows["cluster_id"], dropped["cluster_id"]]).value_counts()
    found = rows[["image_id", "captured_at", "group_id", "cluster_id"]].reset_index(drop=True)
    return found.assign(
        path=rows["pixels"].to_numpy(),
        cluster_size=rows["cluster_id"].map(sizes).to_numpy(dtype="int64"),
        denoised=(rows["pixels"] != rows["path"]).to_numpy(dtype=bool),
        imputed=_filled(rows, completed).to_numpy(dtype=bool),
    )[["image_id", *COLUMNS]]


def _filled(rows: pd.DataFrame, completed: pd.DataFrame) -> "pd.Series[bool]":
    """Return which images have a feature that was filled: one with an indicator, or one that was null and is no more.

    A value that was declared to mean missing is no null, hence the indicators; there is none for a feature that train never misses.
    """
    aligned = completed.set_index("image_id").reindex(rows["image_id"])
    before = rows.set_index("image_id")
    named = [str(name) for name in aligned.columns if str(name).startswith("x_")]
    indicators = [name for name in named if name.endswith(INDICATOR) and name not in before]
    kept = [name for name in named if name in before]
    return (aligned[indicators] == 1).any(axis=1) | (before[kept].isna() & aligned[kept].notna()).any(axis=1)
