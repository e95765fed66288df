"""Check of missing values: a column that is empty more often in one split than in another."""

from typing import Any

import pandas as pd

from datatools.manifest import SPLITS, feature_columns
from datatools.split.findings import Audited, Finding


def missing_drift(audited: Audited) -> Finding:
    """Each ``x_*`` column misses about the same share of values in every split; the value is the largest difference.

    A difference counts from the threshold on, and only beyond 3 standard errors and half a row: small splits differ by chance.
    """
    drifts = {name: _drift(audited.used[name].isna(), audited.used["split"]) for name in feature_columns(audited.rows)}
    real = {
        name: drift for name, (drift, chance) in drifts.items() if drift > max(audited.settings.missing_drift, chance)
    }
    largest = max((drift for drift, _ in drifts.values()), default=0.0)
    if not real:
        return Finding("missing_drift", True, "warning", largest, "missing rates are alike in all splits")
    worst = sorted(real, key=lambda name: (-real[name], name))
    shown = ", ".join(f"{name} ({real[name]:.0%})" for name in worst[:3])
    detail = (
        f"the missing rate differs between splits in {len(real)} columns: {shown}; what is missing may tell the split"
    )
    return Finding("missing_drift", False, "warning", largest, detail, len(audited.used))


def _drift(missing: "pd.Series[bool]", split: "pd.Series[Any]") -> tuple[float, float]:
    """Return the largest difference of missing rates between splits, and up to where it may be chance."""
    parts = [missing.to_numpy(dtype=bool)[(split == name).to_numpy(dtype=bool)] for name in SPLITS]
    by_rate = sorted((float(part.mean()), len(part)) for part in parts if len(part))
    if len(by_rate) < 2:
        return 0.0, 0.0
    (low, few), (high, many) = by_rate[0], by_rate[-1]
    pooled = float(missing.mean())
    per_row = 1 / few + 1 / many
    return high - low, 3 * (pooled * (1 - pooled) * per_row) ** 0.5 + 0.5 * per_row
