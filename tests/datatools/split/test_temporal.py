from datetime import timedelta

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.split import Temporal
from datatools.split.folds import Folds
from datatools.split.temporal import cuts_by_share
from datatools.split.times import parse_duration
from datatools.split.unlabelled import WHY, release
from tests.datatools.split.tables import START, manifest, manifests

BY_DATE = {"val_from": "2024-02-01", "test_from": "2024-03-01"}


@given(manifests(), st.sampled_from(["0d", "6d", "11d", "1h"]), st.sampled_from(["0d", "5d", "30min"]))
def test_each_split_plus_gap_and_embargo_ends_before_the_next_begins(
    rows: pd.DataFrame, gap: str, embargo: str
) -> None:
    assigned = Temporal(gap=gap, embargo=embargo, undated="train", **BY_DATE)(rows, 0)
    split = pd.Series(assigned.split)
    room = parse_duration(gap) + parse_duration(embargo)
    assert assigned.promise.gap == room
    times = rows["captured_at"]
    for earlier, later in (("train", "val"), ("train", "test"), ("val", "test")):
        end, start = times[split == earlier].max(), times[split == later].min()
        assert pd.isna(end) or pd.isna(start) or end + room < start
    assert times[split.isin(["val", "test"])].notna().all()


@given(st.lists(st.integers(0, 15), min_size=3, max_size=60).filter(lambda days: len(set(days)) >= 3))
def test_equal_times_stay_together_and_no_split_is_empty(days: list[int]) -> None:
    rows = manifest(["cat"] * len(days), days=days)
    split = pd.Series(Temporal()(rows, 0).split)
    assert all(len(set(part)) == 1 for _, part in split.groupby(rows["captured_at"]))
    assert set(split) == {"train", "val", "test"}


@given(st.lists(st.integers(0, 15), min_size=3, max_size=60).filter(lambda days: len(set(days)) >= 3))
def test_the_first_cut_is_the_time_stamp_with_the_nearest_share(days: list[int]) -> None:
    times = np.array(days, dtype=np.int64)
    val, test = cuts_by_share(times, (0.7, 0.85))
    moments = sorted(set(days))
    off = {moment: abs((times < moment).mean() - 0.7) for moment in moments[1:-1]}
    assert off[val] == min(off.values())
    off = {moment: abs((times < moment).mean() - 0.85) for moment in moments if moment > val}
    assert off[test] == pytest.approx(min(off.values()))


def test_single_rows_get_their_shares() -> None:
    split = Temporal()(manifest(["cat"] * 100, days=range(100)), 0).split
    assert list(split) == ["train"] * 70 + ["val"] * 15 + ["test"] * 15


def test_explicit_dates_open_val_and_test() -> None:
    rows = manifest(["cat"] * 4, days=[30.9, 31, 59.9, 60])
    assert list(Temporal(**BY_DATE)(rows, 0).split) == ["train", "val", "val", "test"]


def test_a_group_across_a_cut_stays_where_most_of_it_is() -> None:
    rows = manifest(["cat"] * 5, days=[1, 2, 40, 41, 70], clusters=[0, 0, 0, 1, 1])
    assigned = Temporal(**BY_DATE)(rows, 0)
    assert list(assigned.split) == ["train", "train", None, "val", None]
    assert assigned.set_aside() == {"other rows of its group lie in another period": 2}


def test_rows_within_the_gap_have_no_say_in_where_their_group_belongs() -> None:
    rows = manifest(["cat"] * 4, days=[22, 23, 40, 1], clusters=[0, 0, 0, 1])
    assert list(Temporal(gap="10d", **BY_DATE)(rows, 0).split) == [None, None, "val", "train"]


def test_rows_within_the_gap_are_set_aside_and_counted() -> None:
    rows = manifest(["cat"] * 5, days=[20.5, 21, 22, 31, 60])
    assigned = Temporal(gap="10d", **BY_DATE)(rows, 0)
    assert list(assigned.split) == ["train", None, None, "val", "test"]
    assert assigned.set_aside() == {"within the gap before the next split": 2}
    assert assigned.promise.gap == timedelta(days=10)


def test_the_gap_takes_from_the_earlier_split_and_the_embargo_from_the_later_one() -> None:
    rows = manifest(["cat"] * 6, days=[20.9, 21, 30, 31, 40.9, 41])
    assert list(Temporal(gap="10d", **BY_DATE)(rows, 0).split) == ["train", None, None, "val", "val", "val"]
    assigned = Temporal(embargo="10d", **BY_DATE)(rows, 0)
    assert list(assigned.split) == ["train", "train", "train", None, None, "val"]
    assert assigned.set_aside() == {"within the embargo after the split before": 2}


def test_an_embargo_longer_than_val_leaves_test_to_its_own() -> None:
    rows = manifest(["cat"] * 4, days=[1, 40, 61, 95])
    assert list(Temporal(embargo="35d", **BY_DATE)(rows, 0).split) == ["train", None, None, "test"]


def test_undated_rows_are_refused_by_count_and_example() -> None:
    rows = manifest(["cat"] * 3, days=[1, None, None])
    with pytest.raises(
        DataError,
        match=r"^split.strategy: 2 of 3 rows have no captured_at, for example data/raw/1.png; .*undated: train$",
    ):
        Temporal(**BY_DATE)(rows, 0)


def test_undated_rows_go_to_train_only() -> None:
    rows = manifest(["cat"] * 4, days=[1, None, 70, None], clusters=[0, 1, 2, 2])
    assigned = Temporal(undated="train", **BY_DATE)(rows, 0)
    assert list(assigned.split) == ["train", "train", "test", None]
    assert assigned.set_aside() == {"undated, and its group lies in val or test": 1}


def test_unlabelled_rows_have_no_part_in_the_cuts() -> None:
    rows = manifest(["cat", "dog"] * 35 + [None] * 30, days=range(100))
    released = release(rows, Temporal()(rows, 0))
    assert {name: int((released.split == name).sum()) for name in SPLITS} == {"train": 49, "val": 10, "test": 11}
    assert (released.why[70:] == WHY).all()


def test_labelled_rows_decide_where_a_group_belongs() -> None:
    rows = manifest([None, None, "cat", "cat"], days=[1, 2, 40, 70], clusters=[0, 0, 0, 1])
    assert list(Temporal(**BY_DATE)(rows, 0).split) == [None, None, "val", "test"]


def test_an_undated_row_whose_dated_mates_are_all_set_aside_is_too() -> None:
    rows = manifest(["cat", "dog"] * 35, days=[*range(69), None], groups=[None] * 68 + ["p", "p"])
    assigned = Temporal(undated="train", folds=Folds(count=5))(rows, 0)
    assert list(assigned.split[68:]) == [None, None]
    assert assigned.why[69] == "undated, and the dated rows of its group are all set aside"
    purged = manifest(["cat"] * 4, days=[22, None, 40, 1], clusters=[0, 0, 1, 2])
    for room in ({"gap": "10d"}, {"gap": "0d", "embargo": "20d"}):
        purged.loc[0, "captured_at"] = START + pd.Timedelta(days=22 if room["gap"] == "10d" else 45)
        assert list(Temporal(undated="train", **room, **BY_DATE)(purged, 0).split)[:2] == [None, None]


@pytest.mark.parametrize("days", [[1] * 5, [1, 2] * 3, [None] * 4])
def test_fewer_than_three_times_are_refused(days: list[int | None]) -> None:
    with pytest.raises(DataError, match="needs at least 3 different times in captured_at of labelled rows, found"):
        Temporal(undated="train")(manifest(["cat"] * len(days), days=days), 0)
