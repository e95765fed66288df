"""Split as the data came: the user's own column, judged like any other split."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.settings import Settings
from datatools.split import given_column, groups, straddling
from datatools.split.assignment import Assignment, Objects, Promise, from_numbers
from datatools.split.balanced import place, place_some
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import FREE, NOTHING, Given
from datatools.split.given_column import fold_parts

Integers = NDArray[np.int64]
TRAIN, VAL, TEST = 0, 1, 2
REPAIR = (
    "; split.strategy.leaks: set_aside leaves the copies out of train (test keeps its own), train moves them all there"
)


class Predefined(Settings):
    """The split that the data came with, from the manifest's ``given_split``: train, val, test, or numbers of folds.

    A row without one that shares its group with rows that have one follows them; the others go where ``missing`` says. Unlabelled rows
    without one are never refused: they are references of their domain. What happens to groups in several splits is what ``leaks`` says.

    A column without val, the usual published form, gets one from train under ``val: from_train``: whole groups, stratified, in the
    proportion of the fractions. Test stays as it is.

    With ``folds`` a row is test in the fold of its number and in no other; under ``leaks: train`` one of a divided group is test in none.
    Numbers may start at 0 or at 1: where 0 does not occur and ``count`` does, 1 is the first fold.
    """

    method: Literal["predefined"] = Field(
        default="predefined", description="The data's own split, as ingest.layout found it; the audit judges it."
    )
    missing: Literal["refuse", "train", "fill"] = Field(
        default="refuse",
        description="Rows without a split of their own: end with an error, put them into train, or fill: place them so that the "
        "fractions and the classes' shares hold.",
    )
    leaks: Literal["refuse", "set_aside", "train"] = Field(
        default="refuse",
        description="A group in several splits: the audit refuses it; set_aside: test keeps its rows, then val, and the others get "
        "no split; train: all its rows go to train.",
    )
    val: Literal["from_train", "refuse"] = Field(
        default="from_train",
        description="A column that names no val: from_train takes val from train, as fractions have val : train; refuse ends with "
        "an error. Test stays as it is.",
    )
    fractions: Fractions = Field(
        default=Fractions(),
        description="Shares of rows for missing: fill; val : train also for val: from_train. Not used otherwise.",
    )
    folds: Parts | None = Field(
        default=None,
        description="For a column of fold numbers: {count: 5, fold: 0} tests on the first; null for train, val, test.",
    )

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows.

        Raises:
            DataError: labelled rows without a split under ``missing: refuse``, no val under ``val: refuse``, fold numbers without
                ``folds``, or the reverse.
        """
        given.refuse_anchors("a predefined split")
        found = groups.find(rows)
        column = rows["given_split"] if "given_split" in rows else pd.Series([None] * len(rows), dtype=object)
        parts, notes = fold_parts(column, self.folds) if self.folds else (given_column.parts(column), ())
        numbers, why = self._repair(found, self._fill(rows, found, seed, parts, given))
        if self.folds is None and (parts != FREE).any() and not (parts == VAL).any():
            numbers, notes = self._with_val(rows, found, seed, numbers, given)
        promise = Promise(repair=REPAIR if self.leaks == "refuse" else "")
        return replace(from_numbers(numbers, promise, why), notes=notes)

    def _fill(self, rows: pd.DataFrame, found: groups.Groups, seed: int, parts: Integers, given: Given) -> Integers:
        """Return the split of each row, those that have none of their own included."""
        # A row follows its group first, or a copy of a test image could go to train.
        of_group = straddling.most_protected(found, parts)
        absent = (of_group[found.of_row] == FREE) & rows["label"].notna().to_numpy(dtype=bool)
        if self.missing == "refuse" and absent.any():
            raise DataError(
                f"split.strategy: {int(absent.sum()):,} of {len(rows):,} rows have a label but no split of their own, for example "
                f"{rows['path'][absent].min()}; name the column in ingest.layout, or set split.strategy.missing: train or fill"
            )
        if self.missing == "fill":
            shares = self.fractions.as_tuple() if self.folds is None else [1 / self.folds.count] * self.folds.count
            bound = Given(of_group[found.of_row], given.labels)
            of_group = place(rows, found, seed, shares, bound, folds=self.folds is not None)
        parts = np.where(parts == FREE, of_group[found.of_row], parts)
        numbers = parts if self.folds is None else self.folds.splits(parts)
        return np.where(numbers == FREE, TRAIN, numbers)

    def _with_val(
        self, rows: pd.DataFrame, found: groups.Groups, seed: int, numbers: Integers, given: Given
    ) -> tuple[Integers, tuple[str, ...]]:
        """Return the splits with val taken from the groups that lie wholly in train, and what was done."""
        if self.val == "refuse":
            raise DataError(
                "split.strategy: the column of given splits names no val, on which settings and the stop are chosen; name some rows "
                "val, or set split.strategy.val: from_train"
            )
        labelled = rows["label"].notna().to_numpy(dtype=bool)
        learnt, chosen_by = (int((labelled & (numbers == split)).sum()) for split in (TRAIN, VAL))
        share = self.fractions.val / (self.fractions.train + self.fractions.val)
        if chosen_by >= share * (learnt + chosen_by) / 2:  # by ``fill``
            return numbers, ()
        able = ~straddling.divided(found, numbers) & (straddling.most_protected(found, numbers) != TEST)
        bound = Given(np.where(numbers == VAL, VAL, FREE), given.labels)
        placed = place_some(rows, found, seed, (1 - share, share), bound, able & found.with_any(labelled))
        taken = (placed[found.of_row] == VAL) & (numbers == TRAIN)
        told = (
            f"the column of given splits names no val: {int((taken & labelled).sum()):,} of {learnt:,} train rows are val now, "
            "test is as it was (split.strategy.val: from_train)"
        )
        return np.where(taken, VAL, numbers), (told,)

    def _repair(self, found: groups.Groups, numbers: Integers) -> tuple[Integers, Objects | None]:
        if self.leaks == "set_aside":
            return straddling.keep_protected(found, numbers)
        if self.leaks == "train":
            return np.where(straddling.divided(found, numbers)[found.of_row], TRAIN, numbers), None
        return numbers, None


def protected(rows: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the most protected of the splits that the copies of each picture came in: test before val before train.

    Deduplicate keeps one file of each picture. Where the kept one came in train, or in no split, and a dropped one in test, test would
    lose a picture on which scores have been published; so the picture counts as test. A number of a fold stays as it is; where the kept
    file has none, it takes the lowest of its copies.

    Args:
        rows: the manifest.
        copies: ``image_id`` of the kept picture and ``given_split`` of a file that was dropped in its favour (null where it had none).
    """
    rank = {name: place for place, name in enumerate(reversed(SPLITS))}
    said = copies.dropna(subset=["given_split"])
    # Names, the most protected first, then numbers.
    order = said["given_split"].map(lambda text: rank[text] if text in rank else len(rank) + int(text))
    best = said.assign(order=order).sort_values("order", kind="stable").drop_duplicates("image_id")
    if "given_split" not in rows or best.empty:
        return rows
    theirs = rows["image_id"].map(best.set_index("image_id")["given_split"])
    own = rows["given_split"]
    higher = theirs.map(rank) < own.map(rank)
    return rows.assign(given_split=own.astype(object).mask(theirs.notna() & (own.isna() | higher), theirs))
