"""Time series by group: equal to a slow reading of the definition, and blind to the future and to other groups."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from datatools.errors import DataError
from datatools.impute.forward import ForwardFill
from datatools.impute.interpolate import Interpolation
from datatools.impute.series import fill, refuse_future, refuse_text
from tests.datatools.impute.tables import image_ids

START = pd.Timestamp("2024-01-01", tz="UTC")


def rows(groups: list[str | None], days: list[float | None]) -> pd.DataFrame:
    times = [None if day is None else START + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame(
        {
            "image_id": image_ids(len(groups)),
            "group_id": pd.Series(groups, dtype="object"),
            "captured_at": pd.Series(times, dtype="datetime64[us, UTC]"),
        }
    )


@st.composite
def series(draw: st.DrawFn) -> tuple[pd.DataFrame, "pd.Series[float]"]:
    size = draw(st.integers(0, 14))

    def column(values: list[object]) -> list[object]:
        return draw(st.lists(st.sampled_from(values), min_size=size, max_size=size))

    table = rows(column(["p", "p", "q", None]), column([None, 0, 1, 1.5, 2, 4, 9]))
    return table, pd.Series(column([np.nan, np.nan, 1.0, 2.0, 8.0]), dtype="float64")


def slowly(method: ForwardFill | Interpolation, table: pd.DataFrame, values: "pd.Series[float]") -> list[float]:
    filled = []
    for row, value in zip(table.itertuples(), values, strict=True):
        same = table[(table["group_id"] == row.group_id) & table["captured_at"].notna() & values.notna()]
        times = same["captured_at"]
        if not np.isnan(value) or pd.isna(row.captured_at) or pd.isna(row.group_id):
            filled.append(value)
        elif isinstance(method, ForwardFill):
            past = same[times < row.captured_at].sort_values(["captured_at", "image_id"])
            young = past[row.captured_at - past["captured_at"] <= pd.Timedelta(days=method.longest or 1e4)]
            filled.append(values[young.index[-1]] if len(young) else np.nan)
        else:
            before, after = times[times <= row.captured_at].max(), times[times >= row.captured_at].min()
            if pd.isna(before) or pd.isna(after) or after - before > pd.Timedelta(days=method.longest or 1e4):
                filled.append(np.nan)
                continue
            low, high = values[times.index[times == before]].mean(), values[times.index[times == after]].mean()
            share = (row.captured_at - before) / (after - before) if after > before else 0.0
            filled.append(low + share * (high - low))
    return filled


@pytest.mark.parametrize("longest", [None, 2.0])
@pytest.mark.parametrize("kind", [ForwardFill, Interpolation])
@given(drawn=series())
def test_fills_are_those_of_the_definition(
    kind: type[ForwardFill | Interpolation], longest: float | None, drawn: tuple[pd.DataFrame, "pd.Series[float]"]
) -> None:
    method = kind(columns=("x_a",), longest=longest)
    table, values = drawn
    assert fill(method, values, table).tolist() == pytest.approx(slowly(method, table, values), nan_ok=True)
    turned = fill(method, values[::-1], table[::-1])
    assert turned.sort_index().tolist() == pytest.approx(fill(method, values, table).tolist(), nan_ok=True)


@given(drawn=series(), day=st.sampled_from([0, 1, 1.5, 2, 4]))
def test_forward_fill_never_looks_ahead(drawn: tuple[pd.DataFrame, "pd.Series[float]"], day: float) -> None:
    table, values = drawn
    now = START + pd.Timedelta(days=day)
    other = values.where(~(table["captured_at"] >= now), 77.0)  # the present and the future, otherwise
    past = (table["captured_at"] <= now).to_numpy() & values.isna().to_numpy()
    method = ForwardFill(columns=("x_a",))
    first = fill(method, values, table)[past]
    second = fill(method, other.where(~past, np.nan), table)[past]
    assert first.tolist() == pytest.approx(second.tolist(), nan_ok=True)


@pytest.mark.parametrize("method", [ForwardFill(columns=("x_a",)), Interpolation(columns=("x_a",))])
@given(drawn=series())
def test_groups_are_never_crossed(
    method: ForwardFill | Interpolation, drawn: tuple[pd.DataFrame, "pd.Series[float]"]
) -> None:
    table, values = drawn
    mine = (table["group_id"] == "p").to_numpy()
    alone = fill(method, values[mine], table[mine])
    assert fill(method, values, table)[mine].tolist() == pytest.approx(alone.tolist(), nan_ok=True)


def test_nothing_is_filled_before_the_first_value_nor_after_the_last_by_a_line() -> None:
    table = rows(["p"] * 5, [0, 1, 2, 10, 11])
    values = pd.Series([np.nan, 1.0, np.nan, 10.0, np.nan])
    assert fill(ForwardFill(columns=()), values, table).tolist() == pytest.approx([np.nan, 1, 1, 10, 10], nan_ok=True)
    expected = [np.nan, 1, 2, 10, np.nan]  # by time: one day of nine, not one row of two
    assert fill(Interpolation(columns=()), values, table).tolist() == pytest.approx(expected, nan_ok=True)


SPLITS = ["train", "val", "test", None]


@pytest.mark.parametrize("kind", [ForwardFill, Interpolation])
@given(drawn=series(), data=st.data())
def test_no_row_sees_a_split_that_it_must_not(
    kind: type[ForwardFill | Interpolation], drawn: tuple[pd.DataFrame, "pd.Series[float]"], data: st.DataObject
) -> None:
    table, values = drawn
    splits = pd.Series([data.draw(st.sampled_from(SPLITS)) for _ in range(len(table))], dtype="object")
    filled = fill(kind(columns=("x_a",)), values, table.assign(split=splits))
    for split in SPLITS:
        own = splits.isna() if split is None else splits == split
        seen = own | ((splits == "train") & (kind is ForwardFill))
        alone = fill(kind(columns=("x_a",)), values[seen], table[seen])
        assert filled[own].tolist() == pytest.approx(alone[own[seen]].tolist(), nan_ok=True)


def test_train_takes_from_train_only_and_the_others_from_its_past_too() -> None:
    table = rows(["p"] * 6, [0, 1, 2, 3, 4, 5]).assign(split=["test", "train", "train", "test", "val", None])
    values = pd.Series([9.0, np.nan, 1.0, np.nan, np.nan, np.nan])
    assert fill(ForwardFill(columns=("x_a",)), values, table).tolist() == pytest.approx(
        [9, np.nan, 1, 1, 1, 1], nan_ok=True
    )


def test_what_is_held_is_neither_filled_nor_carried_past() -> None:
    table = rows(["p"] * 4, [0, 1, 2, 3])
    values = pd.Series(["u", None, None, None], dtype="object")
    held = np.array([False, False, True, False])
    assert fill(ForwardFill(columns=("x_a",)), values, table, held).isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("days", [0.1, 0.3, 1 / 24, 7.0])
@pytest.mark.parametrize("kind", [ForwardFill, Interpolation])
def test_longest_is_a_bound_that_belongs(kind: type[ForwardFill | Interpolation], days: float) -> None:
    for second in range(0, 86400 * 30, 86399):
        times = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
            [second, second + days * 43200, second + days * 86400], "s"
        )
        table = pd.DataFrame({"image_id": image_ids(3), "group_id": ["p"] * 3, "captured_at": times})
        values = pd.Series([1.0, np.nan, 3.0] if kind is Interpolation else [1.0, np.nan, np.nan])
        assert fill(kind(columns=("x_a",), longest=days), values, table).notna().all()
        shorter = kind(columns=("x_a",), longest=days - 1e-6)
        assert fill(shorter, values, table).isna().any()


@pytest.mark.parametrize("absent", ["group_id", "captured_at"])
def test_a_table_without_groups_or_times_is_refused(absent: str) -> None:
    table = rows(["p"], [0]).drop(columns=absent)
    with pytest.raises(DataError, match=f"series: column {absent}: is missing from the table; a series needs"):
        fill(ForwardFill(columns=("x_a",)), pd.Series([1.0]), table)


def test_categories_are_carried_on_but_have_no_line() -> None:
    table = rows(["p"] * 2, [0, 1])
    values = pd.Series(["wet", np.nan], dtype="object")
    assert fill(ForwardFill(columns=()), values, table).tolist() == ["wet", "wet"]
    refuse_text(ForwardFill(columns=()), "x_a", "categorical")
    with pytest.raises(DataError, match="column x_a: holds categorical values, between which there is no line"):
        refuse_text(Interpolation(columns=()), "x_a", "categorical")


@pytest.mark.parametrize(
    ("splits", "refused"),
    [
        (["train", "train", "val", "test"], True),
        (["train", "test", "train", "test"], False),  # one test row lies between train rows
        (["val", "train", "test", "train"], False),
        (["train", None, "train", "train"], False),
        ([None, None, "val", "test"], False),
    ],
)
def test_a_line_is_refused_where_the_split_is_temporal(splits: list[str | None], refused: bool) -> None:
    table = rows(["p"] * 4, [0, 1, 2, 3]).assign(split=pd.Series(splits, dtype="object"))
    methods = (ForwardFill(columns=("x_a",)), Interpolation(columns=("x_a",)))
    refuse_future(methods[:1], table)
    if refused:
        with pytest.raises(DataError, match="interpolate looks ahead, and this split is temporal: val begins after"):
            refuse_future(methods, table)
    else:
        refuse_future(methods, table)
