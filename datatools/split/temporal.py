"""Split by capture time: learn from the past, be tested on the future."""

from datetime import timedelta
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from datatools.errors import DataError
from datatools.settings import Settings
from datatools.split import groups
from datatools.split.assignment import Assignment, Objects, Promise, from_numbers
from datatools.split.fractions import Fractions
from datatools.split.times import Duration, Moment, microseconds, parse_duration, parse_moment

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
ASIDE = -1
MICROSECOND = timedelta(microseconds=1)


class Temporal(Settings):
    """Train before val before test, cut at time stamps: rows with the same time stamp always stay together.

    Every time in a split plus ``gap`` lies strictly before every time in the next. Rows that would break this are set aside, and so are,
    of a group that spans a cut, all rows but those of the period that holds most of the group (the earlier one of equals).
    """

    method: Literal["temporal"] = Field(
        default="temporal", description="Past, present and future by captured_at; for data that keep coming in."
    )
    fractions: Fractions = Field(
        default=Fractions(),
        description="Shares of dated rows; each cut is the time stamp that comes closest. Not used where dates are given.",
    )
    val_from: Moment | None = Field(
        default=None, description="First moment of val (UTC), instead of fractions; test_from is then needed too."
    )
    test_from: Moment | None = Field(default=None, description="First moment of test (UTC), instead of fractions.")
    gap: Duration = Field(
        default="0d",
        description="Time to leave free before val and before test, such as 7d or 12h (a number means days); "
        "raise it where neighbouring days look alike.",
    )
    undated: Literal["refuse", "train"] = Field(
        default="refuse", description="Rows without a date: end with an error, or put them into train only."
    )

    @model_validator(mode="after")
    def _both_dates_in_order(self) -> Self:
        if (self.val_from is None) != (self.test_from is None):
            raise ValueError("val_from and test_from go together: give both, or neither and use fractions")
        if self.val_from and self.test_from and parse_moment(self.val_from) >= parse_moment(self.test_from):
            raise ValueError(f"val_from must be before test_from, got {self.val_from} and {self.test_from}")
        return self

    def __call__(self, rows: pd.DataFrame, seed: int) -> Assignment:  # noqa: ARG002 - strategies are called alike; time leaves nothing to draw
        """Assign each row; equal for every order of the rows and every seed.

        Raises:
            DataError: rows without a date under ``undated: refuse``, or fewer than three different times.
        """
        dated = rows["captured_at"].notna().to_numpy(dtype=bool)
        self._refuse_undated(rows, dated)
        gap = parse_duration(self.gap)
        times = np.zeros(len(rows), dtype=np.int64)
        times[dated] = microseconds(rows["captured_at"][dated])
        cuts = self._cuts(times[dated])
        period = np.where(dated, np.searchsorted(cuts, times, side="right"), 0).astype(np.int64)
        free = dated & _within_gap(times, period, cuts, gap // MICROSECOND)
        numbers, why = _keep_groups_whole(groups.find(rows), period, dated, free)
        fractions = None if self.val_from else self.fractions
        return from_numbers(numbers, Promise(fractions=fractions, gap=gap), why)

    def _refuse_undated(self, rows: pd.DataFrame, dated: Booleans) -> None:
        if self.undated == "train" or dated.all():
            return
        raise DataError(
            f"split.strategy: {int((~dated).sum()):,} of {len(rows):,} rows have no captured_at, for example "
            f"{rows['path'][~dated].min()}; give them dates, or set split.strategy.undated: train"
        )

    def _cuts(self, times: Integers) -> Integers:
        if self.val_from is not None and self.test_from is not None:
            moments = pd.Series([parse_moment(self.val_from), parse_moment(self.test_from)])
            return microseconds(moments)
        return cuts_by_share(times, self.fractions)


def cuts_by_share(times: Integers, fractions: Fractions) -> Integers:
    """Return the first time of val and of test: the two time stamps before which the shares of rows come closest.

    Raises:
        DataError: fewer than three different times, so that one split would be empty.
    """
    moments, rows = np.unique(times, return_counts=True)
    if len(moments) < 3:
        raise DataError(
            f"split.strategy: a temporal split needs at least 3 different times in captured_at, found {len(moments)}; "
            "use another strategy or give finer dates"
        )
    before = (np.cumsum(rows) - rows) / len(times)
    val = 1 + int(np.argmin(np.abs(before[1:-1] - fractions.train)))
    test = val + 1 + int(np.argmin(np.abs(before[val + 1 :] - fractions.train - fractions.val)))
    return moments[[val, test]]


def _within_gap(times: Integers, period: Integers, cuts: Integers, gap: int) -> Booleans:
    """Return which rows of train and val lie so late that time + gap reaches the next split."""
    end = np.append(cuts, np.iinfo(np.int64).max)[period]
    return times >= end - gap


def _keep_groups_whole(
    found: groups.Groups, period: Integers, dated: Booleans, free: Booleans
) -> tuple[Integers, Objects]:
    counted = dated & ~free
    held = np.bincount(found.of_row[counted] * 3 + period[counted], minlength=3 * len(found.keys)).reshape(-1, 3)
    kept = held.argmax(axis=1)[found.of_row]  # the earlier period of equals, since argmax takes the first
    why = np.full(len(period), "", dtype=object)
    why[dated & (period != kept)] = "other rows of its group lie in another period"
    why[~dated & (kept > 0)] = "undated, and its group lies in val or test"
    why[free] = "within the gap before the next split"
    return np.where(why == "", period, ASIDE), why
