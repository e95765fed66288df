"""Checks for the same thing in two splits: leaks, so errors."""

from datatools.manifest import SPLITS
from datatools.split.findings import Audited, Check, Finding


def exact_overlap(audited: Audited) -> Finding:
    """No image is in two splits."""
    return _overlap(audited, "image_id", "exact_overlap", "image")


def cluster_overlap(audited: Audited) -> Finding:
    """No near-duplicate cluster is in two splits."""
    return _overlap(audited, "cluster_id", "cluster_overlap", "near-duplicate cluster")


def group_overlap(audited: Audited) -> Finding:
    """None of the user's groups is in two splits."""
    return _overlap(audited, "group_id", "group_overlap", "group")


def _overlap(audited: Audited, column: str, check: Check, noun: str) -> Finding:
    used = audited.used
    pairs = used[[column, "split"]].dropna().drop_duplicates()
    shared = sorted(pairs[column][pairs[column].duplicated()].unique())
    if not shared:
        return Finding(check, True, "error", 0.0, f"no {noun} is in two splits")
    rows = int(used[column].isin(shared).sum())
    splits = " and ".join(name for name in SPLITS if name in set(pairs["split"][pairs[column] == shared[0]]))
    detail = f"{_count(len(shared), noun)} in more than one split, for example {shared[0]} in {splits}{audited.promise.repair}"
    return Finding(check, False, "error", float(len(shared)), detail, rows)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun} is" if number == 1 else f"{number:,} {noun}s are"


def near_pairs(audited: Audited) -> Finding:
    """No pair of near-duplicates that deduplicate measured lies in two splits; the value counts such pairs.

    Pairs of one cluster are :func:`cluster_overlap`'s errors too; those that were taken out of their cluster show up here alone, so this
    is a warning.
    """
    pairs = audited.evidence.pairs
    if pairs is None:
        return Finding("near_pairs", True, "info", 0.0, "no measured pairs were given")
    used = audited.used.drop_duplicates("image_id").set_index("image_id")
    inside = pairs[pairs["image_id"].isin(used.index) & pairs["other_id"].isin(used.index)]
    splits = [used["split"].loc[inside[name]].to_numpy(dtype=object) for name in ("image_id", "other_id")]
    across = inside[splits[0] != splits[1]].sort_values(["distance", "image_id", "other_id"], kind="stable")
    radius = "" if audited.evidence.radius is None else f" within {audited.evidence.radius} bits"
    if across.empty:
        return Finding(
            "near_pairs", True, "warning", 0.0, f"none of {len(inside):,} measured pairs{radius} is in two splits"
        )
    one, other, bits = (across[name].iloc[0] for name in ("image_id", "other_id", "distance"))
    told = " and ".join(f"{used.loc[name, 'path']} in {used.loc[name, 'split']}" for name in (one, other))
    detail = (
        f"{_count(len(across), 'near-duplicate pair')}{radius} in two splits, the closest {told}, {bits} bits apart"
    )
    rows = len(set(across["image_id"]) | set(across["other_id"]))
    return Finding("near_pairs", False, "warning", float(len(across)), detail, rows, {"closest": float(bits)})
