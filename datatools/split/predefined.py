"""Split as the data came: the user's own column, judged like any other split."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.settings import Settings
from datatools.split import groups, straddling
from datatools.split.assignment import Assignment, Objects, Promise, from_numbers
from datatools.split.balanced import place
from datatools.split.folds import Parts
from datatools.split.fractions import Fractions
from datatools.split.given import FREE, NOTHING, Given

Integers = NDArray[np.int64]
TRAIN = 0
REPAIR = (
    "; split.strategy.leaks: set_aside leaves the copies out of train (test keeps its own), train moves them all there"
)


class Predefined(Settings):
    """The split that the data came with, from the manifest's ``given_split``: train, val, test, or numbers of folds.

    A row without one that shares its group with rows that have one follows them; the others go where ``missing`` says. Unlabelled rows
    without one are never refused: they are references of their domain. What happens to groups in several splits is what ``leaks`` says.

    With ``folds`` a row is test in the fold of its number and in no other; under ``leaks: train`` one of a divided group is test in none.
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
    fractions: Fractions = Field(
        default=Fractions(), description="Shares of rows for missing: fill; not used otherwise."
    )
    folds: Parts | None = Field(
        default=None,
        description="For a column of fold numbers from 0: {count: 5, fold: 0} tests on 0; null for train, val, test.",
    )

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:
        """Assign each row; equal for every order of the rows.

        Raises:
            DataError: labelled rows without a split under ``missing: refuse``, fold numbers without ``folds``, or the reverse.
        """
        given.refuse_anchors("a predefined split")
        found = groups.find(rows)
        parts = _numbers(rows["given_split"] if "given_split" in rows else pd.Series([None] * len(rows)), self.folds)
        numbers, why = self._repair(found, self._fill(rows, found, seed, parts, given))
        return from_numbers(numbers, Promise(repair=REPAIR if self.leaks == "refuse" else ""), why)

    def _fill(self, rows: pd.DataFrame, found: groups.Groups, seed: int, parts: Integers, given: Given) -> Integers:
        """Return the split of each row, those that have none of their own included."""
        absent = (parts == FREE) & rows["label"].notna().to_numpy(dtype=bool)
        if self.missing == "refuse" and absent.any():
            raise DataError(
                f"split.strategy: {int(absent.sum()):,} of {len(rows):,} rows have a label but no split of their own, for example "
                f"{rows['path'][absent].min()}; name the column in ingest.layout, or set split.strategy.missing: train or fill"
            )
        # A row follows its group first, or a copy of a test image could go to train.
        of_group = straddling.most_protected(found, parts)
        if self.missing == "fill":
            shares = self.fractions.as_tuple() if self.folds is None else [1 / self.folds.count] * self.folds.count
            of_group = place(rows, found, seed, shares, Given(of_group[found.of_row], given.labels))
        parts = np.where(parts == FREE, of_group[found.of_row], parts)
        numbers = parts if self.folds is None else self.folds.splits(parts)
        return np.where(numbers == FREE, TRAIN, numbers)

    def _repair(self, found: groups.Groups, numbers: Integers) -> tuple[Integers, Objects | None]:
        if self.leaks == "set_aside":
            return straddling.keep_protected(found, numbers)
        if self.leaks == "train":
            return np.where(straddling.divided(found, numbers)[found.of_row], TRAIN, numbers), None
        return numbers, None


def _numbers(column: "pd.Series[str]", folds: Parts | None) -> Integers:
    """Return the number of each row's split, or of its fold; -1 where the column says nothing."""
    texts = [None if pd.isna(value) else str(value) for value in column]
    known = {text for text in texts if text is not None}
    if folds is None:
        _refuse(sorted(known - set(SPLITS)), "names the part", "set split.strategy.folds: {count: …, fold: 0}")
        return np.array([FREE if text is None else SPLITS.index(text) for text in texts], dtype=np.int64)
    allowed = {str(number) for number in range(folds.count)}
    _refuse(
        sorted(known - allowed),
        "names",
        f"with folds of count {folds.count} it may hold the numbers 0 to {folds.count - 1}",
    )
    return np.array([FREE if text is None else int(text) for text in texts], dtype=np.int64)


def _refuse(unknown: list[str], verb: str, remedy: str) -> None:
    if unknown:
        raise DataError(f"split.strategy: the column of given splits {verb} {unknown[0]!r}; {remedy}")


def protected(rows: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the most protected of the splits that the copies of each picture came in: test before val before train.

    Deduplicate keeps one file of each picture. Where the kept one came in train and a dropped one in test, test would lose a picture
    on which scores have been published; so the picture counts as test. Numbers of folds stay as they are.

    Args:
        rows: the manifest.
        copies: ``image_id`` of the kept picture and ``given_split`` of a file that was dropped in its favour.
    """
    rank = {name: place for place, name in enumerate(SPLITS)}
    best = copies.assign(rank=copies["given_split"].map(rank)).dropna(subset=["rank"]).groupby("image_id")["rank"].max()
    if "given_split" not in rows or best.empty:
        return rows
    theirs = rows["image_id"].map(best).fillna(-1).to_numpy()
    own = rows["given_split"].map(rank).fillna(-1).to_numpy()
    splits = [
        SPLITS[int(other)] if other > mine else name
        for other, mine, name in zip(theirs, own, rows["given_split"], strict=True)
    ]
    return rows.assign(given_split=pd.Series(splits, index=rows.index, dtype=object))
