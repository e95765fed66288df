"""Checks of a split against capture times: a look into the future, equal time stamps, and what the room between splits cost."""

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.manifest import SPLITS
from datatools.split.findings import Audited, Finding
from datatools.split.temporal import EMBARGO, GAP, SPANS
from datatools.split.times import microseconds

SECOND = 1_000_000  # microseconds
# Midnight, noon or whatever a bare date is stored as lies on one in every zone; of true times only one in 900 does.
QUARTER_HOUR = 900 * SECOND


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

    By time, the value is the share of the dated val and test rows with the very time stamp of a row of an earlier split. Otherwise it is
    the share of those taken in the very second of a train row. Bare dates, which many rows share, count for nothing then; where most
    stamps are such, nothing is judged.
    """
    dated = audited.used.dropna(subset=["captured_at"])
    times, split = microseconds(dated["captured_at"]), dated["split"].to_numpy(dtype=object)
    judged = int((split != "train").sum())
    if audited.promise.gap is not None:
        tied = _tied(dated)
        detail = f"{tied:,} of {judged:,} dated rows of val and test have the time stamp of a row of an earlier split"
        return Finding("tied_times", not tied, "error", tied / max(judged, 1), detail, tied)
    bare = times % QUARTER_HOUR == 0
    mostly = bool(len(bare)) and float(bare.mean()) > 0.5
    tied = _in_a_second_of_train(times, split == "train", np.zeros_like(bare) if mostly else bare)
    share = tied / max(judged, 1)
    whose = f"{tied:,} of {judged:,} dated rows of val and test"
    if mostly or not judged:
        detail = f"times are bare dates; {whose} have that of a train row" if mostly else "no dated row to judge"
        return Finding("tied_times", True, "info", share, detail, tied)
    detail = f"{whose} were taken in the very second of a train row"
    passed = share <= audited.settings.tied_times
    detail += "" if passed else ": bursts or batches, which a group_id would hold together"
    return Finding("tied_times", passed, "warning", share, detail, 0 if passed else tied)


def _tied(dated: pd.DataFrame) -> int:
    """Count the rows of val and test whose time stamp an earlier split has too."""
    order = dated["split"].map({name: place for place, name in enumerate(SPLITS)})
    return int((order > order.groupby(dated["captured_at"]).transform("min")).sum())


def _in_a_second_of_train(times: NDArray[np.int64], train: NDArray[np.bool_], bare: NDArray[np.bool_]) -> int:
    """Count the rows of val and test that share their second with a row of train; two that are both ``bare`` share only a date."""
    seconds = times // SECOND
    found = np.isin(seconds[~train & ~bare], seconds[train]).sum()
    return int(found + np.isin(seconds[~train & bare], seconds[train & ~bare]).sum())


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
