"""Check of missing values: a column that is empty more often in one split than in another."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from datatools.manifest import SPLITS, feature_columns
from datatools.split import chance
from datatools.split.findings import Audited, Finding

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """A column and two splits.

    Attributes:
        high, low: the splits with the higher and the lower missing rate, and these rates.
        groups: for the higher, the lower: the weight of the groups whose values are missing, and of all groups.
    """

    column: str
    high: tuple[str, float]
    low: tuple[str, float]
    groups: tuple[float, float, float, float]

    @property
    def size(self) -> float:
        """Return the difference of the rates."""
        return self.high[1] - self.low[1]


def missing_drift(audited: Audited) -> Finding:
    """Each ``x_*`` column misses about the same share of values in every split; the value is the largest difference.

    Every two splits are compared. A difference counts from the threshold on, and only where chance hardly gives it when each group counts
    once and so many columns and pairs are looked at: small splits and few groups differ by chance.
    """
    drifts = [drift for name in feature_columns(audited.rows) for drift in _drifts(audited, name)]
    largest = max((drift.size for drift in drifts), default=0.0)
    large = [drift for drift in drifts if drift.size > audited.settings.missing_drift]
    real = _beyond_chance(large, len(drifts))
    if not real:
        return Finding("missing_drift", True, "warning", largest, "missing rates are alike in all splits")
    worst: dict[str, Drift] = {}
    for drift in sorted(real, key=lambda drift: (-drift.size, drift.column, drift.high[0])):
        worst.setdefault(drift.column, drift)
    shown = "; ".join(_spelled(drift) for drift in list(worst.values())[:3])
    detail = (
        f"the missing rate differs between splits in {len(worst)} columns: {shown}; what is missing may tell the split"
    )
    return Finding("missing_drift", False, "warning", largest, detail, len(audited.used))


def _drifts(audited: Audited, column: str) -> Iterator[Drift]:
    """Yield the differences between every two splits that have rows."""
    used = audited.used
    weights = chance.weights(audited.members(used)) if len(used) else np.empty(0)
    missing, split = used[column].isna().to_numpy(dtype=bool), used["split"].to_numpy(dtype=object)
    rates: list[tuple[float, str, float, float]] = []
    for name in SPLITS:
        inside = split == name
        if inside.any():
            of_groups = float(weights[inside & missing].sum()), float(weights[inside].sum())
            rates.append((float(missing[inside].mean()), name, *of_groups))
    for low, high in combinations(sorted(rates), 2):
        yield Drift(column, (high[1], high[0]), (low[1], low[0]), (*high[2:], *low[2:]))


def _beyond_chance(drifts: list[Drift], looks: int) -> list[Drift]:
    if not drifts:
        return []
    rare = chance.of_shares(*np.array([drift.groups for drift in drifts]).T) * looks < chance.RARE
    return [drift for drift, real in zip(drifts, rare, strict=True) if real]


def _spelled(drift: Drift) -> str:
    (high, much), (low, little) = drift.high, drift.low
    return f"{drift.column} ({much:.0%} in {high}, {little:.0%} in {low})"
