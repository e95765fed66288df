"""The result of one check of a split, and what all checks are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.settings import Settings
from datatools.split import groups
from datatools.split.assignment import Promise
from datatools.split.labels import exploded

Severity = Literal["error", "warning", "info"]
Check = Literal[
    "fractions",
    "set_aside",
    "class_share",
    "classes_missing",
    "group_overlap",
    "cluster_overlap",
    "exact_overlap",
    "near_pairs",
    "temporal_order",
    "tied_times",
    "purged",
    "domain_split",
    "time_split",
    "domain_time",
    "domain_label",
    "time_label",
    "missing_drift",
    "label_feature",
    "derived_split",
    "derived_parents",
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
    set_aside: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Warn when a larger share of the labelled rows is in no split.",
    )
    purged: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Warn when gap, embargo and groups that span a cut cost a larger share of the dated rows.",
    )
    tied_times: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Warn when a larger share of val and test was taken in the very second of a train row (bursts); not for bare dates.",
    )
    association: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Warn from this Cramér's V on (0 independent, 1 the same thing) where chance does not give it; lower is stricter.",
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
        figures: other numbers behind it, by name.
    """

    check: Check
    passed: bool
    severity: Severity
    value: float
    detail: str
    rows: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What is known beside the table; a check without its evidence passes and says so.

    Attributes:
        why: the reason of each row that was set aside, in the order of the rows, else an empty string.
        pairs: near-duplicate pairs as deduplicate measured them: image_id, other_id, distance in bits.
        radius: up to how many bits pairs were looked for.
        derived: images made from others: image_id, split, parents (lists of image_ids).
    """

    why: NDArray[np.object_] | None = None
    pairs: pd.DataFrame | None = None
    radius: int | None = None
    derived: pd.DataFrame | None = None


@dataclass(frozen=True)
class Audited:
    """A table with its ``split`` column, and what is needed to judge it.

    Attributes:
        rows: schema SPLIT, in any order; ``used`` are those that are in a split.
        promise: what the strategy claims.
        settings: thresholds.
        evidence: what is known beside the table.
    """

    rows: pd.DataFrame
    promise: Promise
    settings: AuditSettings
    evidence: Evidence = field(default_factory=Evidence)

    @cached_property
    def used(self) -> pd.DataFrame:
        """Return the rows that are in a split."""
        return self.rows[self.rows["split"].notna()]

    @cached_property
    def labelled(self) -> pd.DataFrame:
        """Return the rows that are in a split and have a label."""
        return self.used[self.used["label"].notna()]

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Return the labelled rows, once for each class that their label names."""
        return exploded(self.used, self.promise.separator)

    @cached_property
    def _groups(self) -> NDArray[np.int64]:
        return groups.find(self.rows).of_row if len(self.rows) else np.empty(0, dtype=np.int64)

    def members(self, some: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of the group of each row of ``some``, rows of this table; numbers may skip."""
        return self._groups[self.rows.index.get_indexer(some.index)]
