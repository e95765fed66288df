"""The result of one check of a split, and what all checks are given."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
from pydantic import Field

from datatools.settings import Settings
from datatools.split.assignment import Promise

Severity = Literal["error", "warning", "info"]
Check = Literal[
    "fractions",
    "set_aside",
    "class_share",
    "classes_missing",
    "group_overlap",
    "cluster_overlap",
    "exact_overlap",
    "temporal_order",
    "domain_split",
    "domain_time",
    "domain_label",
    "time_label",
    "missing_drift",
    "label_feature",
]


class AuditSettings(Settings):
    """Which checks may fail, and from where on a warning is given."""

    ignore: tuple[Check, ...] = Field(
        default=(),
        description="Checks that neither fail the stage nor warn; name one when its finding is meant to be so.",
    )
    share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Warn when a split's share of rows is further than this from its fraction.",
    )
    class_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Warn when a class's share in a split is further than this from its whole share.",
    )
    association: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Warn from this Cramér's V on (0 independent, 1 the same thing); lower is stricter.",
    )
    missing_drift: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Warn when a column's missing rate differs by more than this between two splits.",
    )


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: its name, as ``split.audit.ignore`` takes it.
        passed: whether all is well.
        severity: ``error`` fails the stage, ``warning`` is stored and shown, ``info`` is stored.
        value: the figure that was judged; ``detail`` says which.
        detail: one sentence for a person.
        rows: how many rows are concerned.
    """

    check: Check
    passed: bool
    severity: Severity
    value: float
    detail: str
    rows: int = 0


@dataclass(frozen=True)
class Audited:
    """A table with its ``split`` column, and what is needed to judge it.

    Attributes:
        rows: schema SPLIT, in any order; ``used`` are those that are in a split.
        promise: what the strategy claims.
        settings: thresholds.
    """

    rows: pd.DataFrame
    promise: Promise
    settings: AuditSettings

    @property
    def used(self) -> pd.DataFrame:
        """Return the rows that are in a split."""
        return self.rows[self.rows["split"].notna()]

    @property
    def labelled(self) -> pd.DataFrame:
        """Return the rows that are in a split and have a label."""
        return self.used[self.used["label"].notna()]
