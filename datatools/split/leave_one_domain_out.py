"""Train on some domains, test on another: what the score will be where the model has never been."""

from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from datatools.errors import DataError
from datatools.settings import Settings
from datatools.split import groups
from datatools.split.assignment import Assignment, Promise, from_numbers
from datatools.split.balanced import place_some
from datatools.split.folds import Folds
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given
from datatools.split.references import hide

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
ASIDE, TEST = -1, 2
SOURCE_ASIDE = "source row of a group in test"
TARGET_ASIDE = "target row of a group in train or val"


class LeaveOneDomainOut(Settings):
    """The target domain is test; the source domains are train and val, stratified by class (Gulrajani and Lopez-Paz, 2021).

    A group with rows in both is put on one side as ``fractions`` says, and its rows of the other side are set aside: the same thing,
    seen by another device, would tell the answer. Rows of a domain that is neither are set aside.

    With ``folds`` the domains that have a labelled row are the parts, in the order of their names: fold 0 tests on the first. A row is
    test in the fold of its domain and in no other; one of a group that spans domains may be test in none.
    """

    method: Literal["leave_one_domain_out"] = Field(
        default="leave_one_domain_out",
        description="Train and val from the source domains, test from the target domain; shows what a new domain costs.",
    )
    target: str | None = Field(
        default=None, description="The domain to test on, as it stands in the manifest; null with folds."
    )
    sources: tuple[str, ...] = Field(
        default=(), description="Domains to train on; empty means all but the target. Name them to leave others out."
    )
    fractions: Fractions = Field(
        default=Fractions(),
        description="train : val is how source rows are divided; test counts only for groups that span source and target.",
    )

    references: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of the target's images, by whole groups, whose labels are hidden: augment may learn their look, and the score "
        "is of the others. So may it of target images set aside because their group is in train. 0 tests on all and lends none.",
    )
    folds: Folds | None = Field(
        default=None,
        description="Each domain that has labels once, by name: {count: 3, fold: 0} tests on the first of three; null uses target.",
    )

    @model_validator(mode="after")
    def _either_target_or_folds(self) -> Self:
        if (self.target is None) == (self.folds is None):
            raise ValueError("give either target or folds: the domain to test on, or each in turn")
        if self.folds is not None and self.sources:
            raise ValueError("sources and folds exclude each other: with folds, all other domains are the sources")
        return self

    @model_validator(mode="after")
    def _target_is_no_source(self) -> Self:
        if self.target in self.sources:
            raise ValueError(f"target {self.target!r} is also one of the sources; take it out of one of them")
        return self

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows.

        Raises:
            DataError: a named domain has no row, there is no source left, or there are not as many domains with labels as folds.
        """
        given.refuse_anchors("a split by domain")
        source, target = self._sides(rows)
        found = groups.find(rows)
        sides = found.with_any(source), found.with_any(target)
        placed = self._place(rows, found, seed, given, sides)
        numbers, why = _rows_of_groups(placed[found.of_row], source, target)
        return from_numbers(numbers, Promise(by_domain=True), why)

    def hidden(self, rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        """Return the rows without the labels of the target's references; raises as a call does."""
        return hide(rows, self._tested(rows), self.references, seed) if self.references else rows

    def lending(self, rows: pd.DataFrame, assigned: Assignment) -> pd.Series:
        """Return which labelled rows were set aside and may lend the target's look, where ``references`` asks for any.

        Those of the target whose groups are in train or val: they are judged by no score, and those of train show nothing that test shows
        (:func:`datatools.augment.sources.select` leaves the others out).
        """
        aside = pd.Series(assigned.why == TARGET_ASIDE, index=rows.index)
        return aside & rows["label"].notna() & (self.references > 0)

    def _tested(self, rows: pd.DataFrame) -> str:
        labelled = sorted(rows["domain"][rows["label"].notna()].unique())
        return str(self.target) if self.folds is None else _in_turn(labelled, self.folds)

    def _sides(self, rows: pd.DataFrame) -> tuple[Booleans, Booleans]:
        known, chosen = sorted(rows["domain"].unique()), self._tested(rows)
        absent = [name for name in (chosen, *self.sources) if name not in known]
        if absent:
            raise DataError(
                f"split.strategy: no row has the domain {absent[0]!r}; the domains are {', '.join(map(repr, known[:10]))}"
            )
        target = (rows["domain"] == chosen).to_numpy(dtype=bool)
        source = rows["domain"].isin(self.sources).to_numpy(dtype=bool) if self.sources else ~target
        if not source.any():
            raise DataError(f"split.strategy.target: {chosen!r} is the only domain, so nothing is left to train on")
        return source, target

    def _place(
        self, rows: pd.DataFrame, found: groups.Groups, seed: int, given: Given, sides: tuple[Booleans, Booleans]
    ) -> Integers:
        """Return the split of each group; a group without source rows is test."""
        has_source, has_target = sides
        train, val, test = self.fractions.as_tuple()
        placed = np.full(len(found.keys), TEST, dtype=np.int64)
        for chosen, shares in (
            (has_source & ~has_target, (train / (train + val), val / (train + val))),
            (has_source & has_target, (train, val, test)),
        ):
            placed[chosen] = place_some(rows, found, seed, shares, given, chosen)[chosen]
        return placed


def _in_turn(domains: list[str], folds: Folds) -> str:
    if len(domains) != folds.count:
        raise DataError(
            f"split.strategy.folds.count: must be the number of domains that have labels, {len(domains)} "
            f"({', '.join(map(repr, domains[:10]))}), got {folds.count}"
        )
    return domains[folds.fold]


def _rows_of_groups(numbers: Integers, source: Booleans, target: Booleans) -> tuple[Integers, NDArray[np.object_]]:
    why = np.full(len(numbers), "", dtype=object)
    why[~source & ~target] = "domain is neither source nor target"
    why[source & (numbers == TEST)] = SOURCE_ASIDE
    why[target & (numbers != TEST)] = TARGET_ASIDE
    return np.where(why == "", numbers, ASIDE), why
