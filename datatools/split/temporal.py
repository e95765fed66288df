"""Split by capture time: learn from the past, be tested on the future."""

from collections.abc import Sequence
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
from datatools.split.folds import Folds
from datatools.split.fractions import Fractions
from datatools.split.given import NOTHING, Given
from datatools.split.times import Duration, Moment, microseconds, parse_duration, parse_moment

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
ASIDE, LATER = -1, 3  # LATER: after the test window of a fold
MICROSECOND = timedelta(microseconds=1)
SPANS = "other rows of its group lie in another period"
UNDATED = "undated, and its group lies in val or test"
UNDATED_OUT = "undated, and the dated rows of its group are all set aside"
GAP = "within the gap before the next split"
EMBARGO = "within the embargo after the split before"
AFTER = "after the test window of this fold"


class Temporal(Settings):
    """Train before val before test, cut at time stamps: rows with the same time stamp always stay together.

    Every time in a split plus ``gap`` and ``embargo`` lies strictly before every time in the next. Rows that would break this are set
    aside, and so are, of a group that spans a cut, all rows but those of the period that holds most of its labelled rows (of equals the
    one with most rows, then the earlier). Cuts by share count labelled rows only: the others are references, which no split counts.

    The two durations leave the same room and take it from different sides of a cut: ``gap`` purges the end of the earlier split,
    ``embargo`` the beginning of the later one. (López de Prado, Advances in Financial Machine Learning, 2018, ch. 7, purges train rows
    before a test period and embargoes train rows after it. Nothing here is trained after its test, so of the embargo only the room after
    a split is left.)

    With ``folds`` the window expands (rolling origin: Tashman, Int. J. Forecasting 16, 2000, 437-450): the labelled rows are cut
    into ``count + 2`` periods of equal size; in fold i, periods 0 to i are train, i + 1 is val and i + 2 test, and what comes later is set
    aside. So a row is test in one fold at most, and from the third period on in exactly one, but for gap, embargo and groups across cuts.
    """

    method: Literal["temporal"] = Field(
        default="temporal", description="Past, present and future by captured_at; for data that keep coming in."
    )
    fractions: Fractions = Field(
        default=Fractions(),
        description="Shares of labelled rows; each cut is the time stamp that comes closest. Not used where dates are given.",
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
    embargo: Duration = Field(
        default="0d",
        description="Time to leave free at the beginning of val and of test, after the split before; takes from them, not from train.",
    )
    undated: Literal["refuse", "train"] = Field(
        default="refuse", description="Rows without a date: end with an error, or put them into train only."
    )
    folds: Folds | None = Field(
        default=None,
        description="Expanding windows instead of fractions: {count: 5, fold: 0} tests on the third of seven periods; null for one split.",
    )

    @model_validator(mode="after")
    def _both_dates_in_order(self) -> Self:
        if (self.val_from is None) != (self.test_from is None):
            raise ValueError("val_from and test_from go together: give both, or neither and use fractions")
        if self.val_from and self.test_from and parse_moment(self.val_from) >= parse_moment(self.test_from):
            raise ValueError(f"val_from must be before test_from, got {self.val_from} and {self.test_from}")
        if self.val_from and self.folds:
            raise ValueError("dates and folds exclude each other: give val_from and test_from, or folds")
        return self

    def __call__(self, rows: pd.DataFrame, seed: int, given: Given = NOTHING) -> Assignment:  # noqa: ARG002 - strategies are called alike; time leaves nothing to draw
        """Assign each row; equal for every order of the rows and every seed.

        Raises:
            DataError: rows without a date under ``undated: refuse``, or labelled rows have fewer different times than periods.
        """
        given.refuse_anchors("a split by time")
        dated = rows["captured_at"].notna().to_numpy(dtype=bool)
        self._refuse_undated(rows, dated)
        gap, embargo = parse_duration(self.gap), parse_duration(self.embargo)
        times = np.zeros(len(rows), dtype=np.int64)
        times[dated] = microseconds(rows["captured_at"][dated])
        labelled = rows["label"].notna().to_numpy(dtype=bool)
        cuts = self._cuts(times[dated & labelled])
        period = np.where(dated, np.searchsorted(cuts, times, side="right"), 0).astype(np.int64)
        out = np.full(len(rows), "", dtype=object)
        out[dated & _after_cut(times, period, cuts, embargo // MICROSECOND)] = EMBARGO
        out[dated & _before_cut(times, period, cuts, gap // MICROSECOND)] = GAP
        out[period == LATER] = AFTER
        numbers, why = _keep_groups_whole(groups.find(rows), period, dated, labelled, out)
        fractions = None if self.val_from or self.folds else self.fractions
        return from_numbers(numbers, Promise(fractions=fractions, gap=gap + embargo), why)

    def _refuse_undated(self, rows: pd.DataFrame, dated: Booleans) -> None:
        if self.undated == "train" or dated.all():
            return
        raise DataError(
            f"split.strategy: {int((~dated).sum()):,} of {len(rows):,} rows have no captured_at, for example "
            f"{rows['path'][~dated].min()}; give them dates, or set split.strategy.undated: train"
        )

    def _cuts(self, times: Integers) -> Integers:
        """Return the first times of val and of test, and with folds that of what comes after test, if anything does."""
        if self.val_from is not None and self.test_from is not None:
            moments = pd.Series([parse_moment(self.val_from), parse_moment(self.test_from)])
            return microseconds(moments)
        if self.folds is None:
            return cuts_by_share(times, (self.fractions.train, self.fractions.train + self.fractions.val))
        periods = self.folds.count + 2
        cuts = cuts_by_share(times, [number / periods for number in range(1, periods)])
        return cuts[self.folds.fold : self.folds.fold + 3]


def cuts_by_share(times: Integers, shares: Sequence[float]) -> Integers:
    """Return the first time of each period but the first: the time stamps before which the shares of rows come closest to ``shares``.

    Args:
        times: of the rows, microseconds.
        shares: rising, in (0, 1), one less than there are periods; the cuts are chosen in this order, and no period is empty.

    Raises:
        DataError: fewer different times than periods.
    """
    moments, rows = np.unique(times, return_counts=True)
    if len(moments) <= len(shares):
        raise DataError(
            f"split.strategy: a temporal split needs at least {len(shares) + 1} different times in captured_at of labelled rows, "
            f"found {len(moments)}; use another strategy or give finer dates"
        )
    before = (np.cumsum(rows) - rows) / len(times)
    chosen: list[int] = []
    for place, share in enumerate(shares):
        first = chosen[-1] + 1 if chosen else 1
        last = len(moments) - (len(shares) - 1 - place)
        chosen.append(first + int(np.argmin(np.abs(before[first:last] - share))))
    return moments[chosen]


def _before_cut(times: Integers, period: Integers, cuts: Integers, gap: int) -> Booleans:
    """Return which rows of train and val lie so late that time + gap reaches the next split."""
    ends = np.append(cuts[:2], [np.iinfo(np.int64).max] * 2)[period]
    return times >= ends - gap


def _after_cut(times: Integers, period: Integers, cuts: Integers, embargo: int) -> Booleans:
    """Return which rows of val and test lie less than the embargo after the cut that opens their split."""
    begins = np.append(cuts[:1], cuts)[period]
    return (period > 0) & (times - begins < embargo)


def _keep_groups_whole(
    found: groups.Groups, period: Integers, dated: Booleans, labelled: Booleans, out: Objects
) -> tuple[Integers, Objects]:
    """Return split numbers and reasons; ``out`` says why a row is out already, which then has no say in where its group belongs."""
    counted = dated & (out == "")
    # One labelled row outweighs all others of the table, which decide between equals only.
    weight = np.where(labelled, len(out) + 1, 1)[counted]
    cells = found.of_row[counted] * 3 + period[counted]
    held = np.bincount(cells, weights=weight, minlength=3 * len(found.keys)).reshape(-1, 3)
    kept = held.argmax(axis=1)[found.of_row]  # the earlier period of equals, since argmax takes the first
    gone = (found.with_any(dated) & ~found.with_any(counted))[found.of_row]
    why = out.copy()
    why[counted & (period != kept)] = SPANS
    why[~dated & (kept > 0)] = UNDATED
    why[~dated & gone] = UNDATED_OUT
    return np.where(why == "", period, ASIDE), why
