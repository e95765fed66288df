"""Times that are in two splits: bursts, and dates that only look like them."""

import numpy as np
import pandas as pd
import pytest

from tests.datatools.split.planted import at, clean, put
from tests.datatools.split.test_audit import found


@pytest.mark.parametrize("zone", [0, 2, -3.5])
def test_bare_dates_may_be_equal_in_two_splits_but_not_in_a_split_by_time(zone: float) -> None:
    rows = clean()
    rows["captured_at"] -= pd.Timedelta(hours=zone)  # midnight there
    rows = put(rows, at(rows, "test")[:1], "captured_at", rows["captured_at"].max() + pd.Timedelta(hours=3.3))
    finding = found(rows, "tied_times")
    assert (finding.passed, finding.severity) == (True, "info")
    assert finding.value > 0.5
    assert finding.detail.startswith("times are bare dates")


def test_bare_dates_among_times_are_no_bursts() -> None:
    rows = clean()
    seconds = pd.Series(np.where(np.arange(300) % 3 == 0, 0, 40_000.3 + np.arange(300)))
    rows["captured_at"] += pd.to_timedelta(seconds, unit="s")
    assert found(rows, "tied_times").value == 0


def test_only_train_rows_make_a_burst_of_a_test_row() -> None:
    rows = clean()
    rows["captured_at"] += pd.to_timedelta(np.arange(300) + 0.5, unit="s")
    test, val = at(rows, "test")[:40], at(rows, "val")[:40]
    rows.loc[rows.index[test[: len(val)]], "captured_at"] = rows["captured_at"].iloc[val[: len(test)]].to_numpy()
    finding = found(rows, "tied_times")
    assert (finding.passed, finding.value) == (True, 0)
