"""What deduplication did, in numbers."""

import pandas as pd

from datatools.dedup.resolve import Resolution


def counts(files: pd.DataFrame, pictures: pd.DataFrame, outcome: Resolution, leaked: pd.DataFrame) -> dict[str, int]:
    """Return how many files were found, kept and dropped, and why.

    Args:
        files: one row per file.
        pictures: one row per distinct file, with cluster_id and keeper_id.
        leaked: from :func:`datatools.dedup.leaks.leaks`.
    """
    sizes = pictures["cluster_id"].value_counts()
    kinds = outcome.dropped["kind"].value_counts()
    near = sum(int(kinds.get(kind, 0)) for kind in ("near", "pixels", "turned"))
    return {
        "files": len(files),
        "unique": len(pictures),
        "exact_dropped": int(kinds.get("exact", 0)),
        "near_dropped": near,
        "conflict_dropped": int(kinds.get("conflict", 0)),
        "kept": len(outcome.kept),
        "clusters": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max()) if len(sizes) else 0,
        "conflicts": int(outcome.conflicts["image_id"].map(pictures.set_index("image_id")["keeper_id"]).nunique()),
        "leaks": int(leaked["cluster_id"].nunique()),
    }
