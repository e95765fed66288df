"""Checks for the same thing in two splits, and for a look into the future: leaks, so errors."""

from datetime import timedelta

import pandas as pd

from datatools.manifest import SPLITS
from datatools.split.findings import Audited, Check, Finding


def exact_overlap(audited: Audited) -> Finding:
    """No image is in two splits."""
    return _overlap(audited.used, "image_id", "exact_overlap", "image")


def cluster_overlap(audited: Audited) -> Finding:
    """No near-duplicate cluster is in two splits."""
    return _overlap(audited.used, "cluster_id", "cluster_overlap", "near-duplicate cluster")


def group_overlap(audited: Audited) -> Finding:
    """None of the user's groups is in two splits."""
    return _overlap(audited.used, "group_id", "group_overlap", "group")


def _overlap(used: pd.DataFrame, column: str, check: Check, noun: str) -> Finding:
    pairs = used[[column, "split"]].dropna().drop_duplicates()
    shared = sorted(pairs[column][pairs[column].duplicated()].unique())
    if not shared:
        return Finding(check, True, "error", 0.0, f"no {noun} is in two splits")
    rows = int(used[column].isin(shared).sum())
    splits = " and ".join(name for name in SPLITS if name in set(pairs["split"][pairs[column] == shared[0]]))
    detail = f"{_count(len(shared), noun)} in more than one split, for example {shared[0]} in {splits}"
    return Finding(check, False, "error", float(len(shared)), detail, rows)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun} is" if number == 1 else f"{number:,} {noun}s are"


def temporal_order(audited: Audited) -> Finding:
    """Every time in a split plus the gap lies strictly before every time in the later ones; equal times are a breach too.

    The value is the number of rows that come too late.
    """
    gap = audited.promise.gap
    if gap is None:
        return Finding("temporal_order", True, "info", 0.0, "the split is not by time")
    dated = audited.used.dropna(subset=["captured_at"])
    late = sum(_too_late(dated, name, SPLITS[place + 1 :], gap) for place, name in enumerate(SPLITS[:-1]))
    undated = int(audited.used["captured_at"].isna().sum() - _undated_in_train(audited.used))
    breach = late + undated
    if not breach:
        detail = f"train, val and test follow each other in time{_spelled(gap)}"
        return Finding("temporal_order", True, "error", 0.0, detail)
    detail = f"{late:,} rows are not earlier than a later split{_spelled(gap)}, and {undated:,} rows of val and test have no date"
    return Finding("temporal_order", False, "error", float(breach), detail, breach)


def _too_late(dated: pd.DataFrame, split: str, later: tuple[str, ...], gap: timedelta) -> int:
    start = dated["captured_at"][dated["split"].isin(later)].min()
    if pd.isna(start):
        return 0
    return int((dated["captured_at"][dated["split"] == split] + gap >= start).sum())


def _undated_in_train(used: pd.DataFrame) -> int:
    return int((used["captured_at"].isna() & (used["split"] == "train")).sum())


def _spelled(gap: timedelta) -> str:
    return f", with a gap of {gap}" if gap else ""
