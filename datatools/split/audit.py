"""The audit of a split: every way in which its score could mislead that the table can show.

A pure function of a table. It trusts nothing that the strategies claim, so it can also judge a split that came from elsewhere.
"""

from dataclasses import replace

import pandas as pd

from datatools.errors import DataError
from datatools.split.assignment import Promise
from datatools.split.balance import class_share, classes_missing, fractions, set_aside
from datatools.split.confounding import domain_label, domain_split, domain_time, time_label, time_split
from datatools.split.findings import Audited, AuditSettings, Evidence, Finding
from datatools.split.lineage import derived_parents, derived_split
from datatools.split.missingness import missing_drift
from datatools.split.overlap import cluster_overlap, exact_overlap, group_overlap, near_pairs
from datatools.split.shortcuts import label_feature
from datatools.split.time_order import purged, temporal_order, tied_times

CHECKS = (
    exact_overlap,
    cluster_overlap,
    group_overlap,
    near_pairs,
    temporal_order,
    tied_times,
    purged,
    fractions,
    set_aside,
    classes_missing,
    class_share,
    domain_split,
    time_split,
    domain_time,
    domain_label,
    time_label,
    missing_drift,
    label_feature,
    derived_split,
    derived_parents,
)


def audit(
    rows: pd.DataFrame, promise: Promise, settings: AuditSettings | None = None, evidence: Evidence | None = None
) -> tuple[Finding, ...]:
    """Check a split.

    Args:
        rows: schema SPLIT; ``split`` is null for a row that was set aside.
        promise: what the strategy claims; ``Promise()`` for a split from elsewhere.
        settings: thresholds, and the checks to ignore: these are run and stored, with severity ``info``.
        evidence: what is known beside the table.
    """
    known = evidence or Evidence()
    audited = Audited(rows.reset_index(drop=True), promise, settings or AuditSettings(), known)
    found = (check(audited) for check in CHECKS)
    return tuple(replace(item, severity="info") if item.check in audited.settings.ignore else item for item in found)


def refuse(findings: tuple[Finding, ...]) -> None:
    """Raise DataError for the first failed check of severity ``error``, naming check, value and how to switch it off."""
    failed = failures(findings, "error")
    if failed:
        worst = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise DataError(
            f"audit: {worst.check} = {worst.value:g}: {worst.detail}{more}; "
            f"if this is meant to be so: split.audit.ignore: [{', '.join(item.check for item in failed)}]"
        )


def failures(findings: tuple[Finding, ...], severity: str) -> list[Finding]:
    """Return the failed checks of one severity."""
    return [item for item in findings if not item.passed and item.severity == severity]
