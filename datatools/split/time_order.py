"""Checks of a split against capture times: a look into the future, equal time stamps, and what the room between splits cost."""

from datetime import timedelta

import pandas as pd

from datatools.manifest import SPLITS
from datatools.split.findings import Audited, Finding
from datatools.split.temporal import EMBARGO, GAP, SPANS
from datatools.split.times import microseconds

DAY = 86_400_000_000  # microseconds


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


def tied_times(audited: Audited) -> Finding:
    """No time stamp is in two splits. An error of a split by time; otherwise a warning, since pictures of one moment look alike.

    The value is the share of the dated val and test rows with the very time stamp of a train row (by time: of any earlier split). Where
    all stamps are bare dates, many rows share one and nothing is judged.
    """
    dated = audited.used.dropna(subset=["captured_at"])
    by_time = audited.promise.gap is not None
    tied = _tied(dated)
    judged = int((dated["split"] != "train").sum())
    share = tied / max(judged, 1)
    detail = f"{tied:,} of {judged:,} dated rows of val and test have the time stamp of a row of an earlier split"
    if by_time or not judged:
        return Finding("tied_times", not tied, "error" if by_time else "info", share, detail, tied)
    if not (microseconds(dated["captured_at"]) % DAY).any():
        return Finding("tied_times", True, "info", share, f"times are bare dates; {detail}", tied)
    passed = share <= audited.settings.tied_times
    detail += "" if passed else ": bursts or batches, which a group_id would hold together"
    return Finding("tied_times", passed, "warning", share, detail, 0 if passed else tied)


def _tied(dated: pd.DataFrame) -> int:
    """Count the rows of val and test whose time stamp an earlier split has too."""
    order = dated["split"].map({name: place for place, name in enumerate(SPLITS)})
    return int((order > order.groupby(dated["captured_at"]).transform("min")).sum())


def purged(audited: Audited) -> Finding:
    """What gap, embargo and groups that span a cut cost; the value is the share of the dated rows."""
    why = audited.evidence.why
    if audited.promise.gap is None or why is None:
        return Finding("purged", True, "info", 0.0, "the split is not by time, or its reasons were not given")
    counts = {reason: int((why == reason).sum()) for reason in (GAP, EMBARGO, SPANS)}
    rows, dated = sum(counts.values()), int(audited.rows["captured_at"].notna().sum())
    share = rows / max(dated, 1)
    told = "; ".join(f"{count:,} {reason}" for reason, count in counts.items() if count)
    detail = f"{rows:,} of {dated:,} dated rows are purged{f': {told}' if told else ''}"
    return Finding("purged", share <= audited.settings.purged, "warning", share, detail, rows)
