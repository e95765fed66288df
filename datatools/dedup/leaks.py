"""The same picture in two of the user's own splits."""

import pandas as pd

COLUMNS = ("cluster_id", "image_id", "path", "given_split")


def leaks(files: pd.DataFrame) -> pd.DataFrame:
    """Return the files of every cluster that lies in two or more of the user's own splits.

    Args:
        files: one row per file, byte-identical copies included: cluster_id, image_id, path, given_split (null where unknown).
    """
    split = files["given_split"].groupby(files["cluster_id"]).transform("nunique")
    found = files.loc[(split > 1) & files["given_split"].notna(), list(COLUMNS)]
    return found.sort_values(["cluster_id", "given_split", "path"], kind="stable", ignore_index=True)
