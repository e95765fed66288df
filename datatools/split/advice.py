"""What would mend a split: it depends on the strategy, which its promise tells."""

from collections import Counter

import numpy as np

from datatools.split.assignment import Promise
from datatools.split.findings import Audited
from datatools.split.times import microseconds


def lacking_class(promise: Promise) -> str:
    """Return what to do where train lacks a class that val or test has."""
    if promise.gap is not None:
        return "it came later than train: test later, take older images of it, or leave the class out"
    if promise.by_domain:
        return "only the target domain has it: name another target, or leave the class out"
    if promise.by_class:
        return "its groups are too few or too large to be shared out: take images of it from more groups, or leave the class out"
    if promise.fractions is None:
        return "the split that came with the data puts it there: correct that column, or use another strategy"
    return "split.strategy.method: stratified gives each split its share; else take more images of it"


def empty_split(audited: Audited) -> str:
    """Return why a split got no rows, and what to do: the end of a sentence, beginning with a colon."""
    return f": {_cause(audited)}{_remedy(audited)}"


def _cause(audited: Audited) -> str:
    """Return the most frequent reasons for which rows were set aside, or nothing where none was."""
    why = audited.evidence.why
    reasons = Counter() if why is None else Counter(str(reason) for reason in why if reason)
    if not reasons:
        return ""
    told = ", ".join(
        f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]
    )
    return f"{sum(reasons.values()):,} rows are set aside ({told}); "


def _remedy(audited: Audited) -> str:
    promise = audited.promise
    if promise.gap is not None:
        return f"shorten gap and embargo, or move the cuts{_window(audited)}"
    if promise.by_domain:
        return "name another target or other sources"
    if promise.fractions is None:
        return "name rows for it in the column that gives the split, or use another strategy"
    groups = len(np.unique(audited.members(audited.rows)))
    return f"{groups:,} groups could be shared out: take more images, or tie fewer of them together"


def _window(audited: Audited) -> str:
    """Return between which days the dated rows with a label were captured."""
    rows = audited.rows[audited.rows["label"].notna() & audited.rows["captured_at"].notna()]
    if rows.empty:
        return "; no row with a label has a date"
    days = microseconds(rows["captured_at"]).astype("datetime64[us]").astype("datetime64[D]")
    return f"; rows with a label are from {days.min()} to {days.max()}"
