"""Checks of derived images: made from train images only, and used for training only."""

import pandas as pd

from datatools.split.assignment import Promise
from datatools.split.findings import Audited, AuditSettings, Evidence, Finding

NONE_YET = "no derived images were given"


def derived_split(audited: Audited) -> Finding:
    """No derived image is outside train; the value counts those that are."""
    derived = audited.evidence.derived
    if derived is None:
        return Finding("derived_split", True, "info", 0.0, NONE_YET)
    outside = derived[derived["split"] != "train"].sort_values("image_id")
    if outside.empty:
        return Finding("derived_split", True, "error", 0.0, f"all {len(derived):,} derived images are in train")
    first = outside.iloc[0]
    where = "no split" if pd.isna(first["split"]) else first["split"]
    detail = f"{len(outside):,} of {len(derived):,} derived images are outside train, for example {first['image_id']} in {where}"
    return Finding("derived_split", False, "error", float(len(outside)), detail, len(outside))


def derived_parents(audited: Audited) -> Finding:
    """Every parent of a derived image is an image of the same split; the value counts derived images with another parent.

    A parent that the table does not hold, or that was set aside, counts as another: nobody knows what it shows.
    """
    derived = audited.evidence.derived
    if derived is None:
        return Finding("derived_parents", True, "info", 0.0, NONE_YET)
    known = audited.used.drop_duplicates("image_id").set_index("image_id")["split"]
    links = derived[["image_id", "split", "parents"]].explode("parents")
    links = links.assign(of_parent=links["parents"].map(known))
    wrong = links[links["of_parent"].isna() | (links["of_parent"] != links["split"])].sort_values(
        ["image_id", "parents"]
    )
    if wrong.empty:
        return Finding(
            "derived_parents",
            True,
            "error",
            0.0,
            f"the parents of all {len(derived):,} derived images share their split",
        )
    first, count = wrong.iloc[0], wrong["image_id"].nunique()
    where = "no split" if pd.isna(first["of_parent"]) else first["of_parent"]
    detail = (
        f"{count:,} derived images have a parent in another split, for example {first['image_id']} "
        f"in {first['split']} from {first['parents']} in {where}"
    )
    return Finding("derived_parents", False, "error", float(count), detail, count)


def check(rows: pd.DataFrame, derived: pd.DataFrame) -> tuple[Finding, Finding]:
    """Check derived images alone, where they are made.

    Args:
        rows: columns image_id and split of the originals.
        derived: columns image_id, split and parents (lists of image_ids).
    """
    audited = Audited(rows, Promise(), AuditSettings(), Evidence(derived=derived))
    return derived_split(audited), derived_parents(audited)
