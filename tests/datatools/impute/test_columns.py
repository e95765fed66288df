import numpy as np
import pandas as pd
import pytest

from datatools.errors import DataError
from datatools.impute.columns import cells, describe, marked, unknown

MARKERS = ("?", "NA")


def column(values: list[object], dtype: str = "object") -> "pd.Series[object]":
    return pd.Series(values, dtype=dtype)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (column([1, 2, None]), "numeric"),
        (column([1.5, np.nan], "float64"), "numeric"),
        (column([True, None, False]), "boolean"),
        (column([True, False], "bool"), "boolean"),
        (column(["a", None]), "categorical"),
        (column(["a", None], "string"), "categorical"),
        (column([pd.Timestamp("2024-01-01", tz="UTC"), pd.NaT], "datetime64[us, UTC]"), "timestamp"),
        (column([pd.NaT, pd.NaT], "datetime64[us, UTC]"), "timestamp"),
        (column([None, None]), "numeric"),
    ],
)
def test_the_kind_follows_the_values(values: "pd.Series[object]", kind: str) -> None:
    assert describe("x_a", values, MARKERS)["kind"] == kind


@pytest.mark.parametrize("nothing", [None, np.nan, np.inf, -np.inf])
def test_null_and_infinite_numbers_are_missing(nothing: float | None) -> None:
    found = describe("x_a", column([1.0, nothing]), MARKERS)
    assert (found["indicator"], found["empty"]) == (True, False)
    assert cells(found, column([1.0, nothing])).isna().tolist() == [False, True]


def test_not_a_time_is_missing_and_times_are_days() -> None:
    values = column(
        [pd.Timestamp("2024-01-02T12:00", tz="UTC"), pd.NaT, pd.Timestamp("2024-01-01", tz="UTC")],
        "datetime64[us, UTC]",
    )
    found = describe("x_when", values, MARKERS)
    assert found["origin"] == "2024-01-01T00:00:00+00:00"
    assert cells(found, values).tolist()[::2] == [1.5, 0.0]
    assert np.isnan(cells(found, values)[1])
    before = column([pd.Timestamp("2023-12-31", tz="UTC")], "datetime64[ns, UTC]")
    assert cells(found, before).tolist() == [-1.0]


def test_markers_are_missing_whatever_their_case_in_text_only() -> None:
    values = column(["?", " na ", "Nancy", "?!", None])
    found = describe("x_a", values, MARKERS)
    assert found["categories"] == ["?!", "Nancy"]
    assert cells(found, values).isna().tolist() == [True, True, False, False, True]
    numbers = column([1.0, 2.0])
    assert (marked(found, values), marked(describe("x_n", numbers, ("1.0",)), numbers)) == (2, 0)


def test_a_category_that_train_did_not_have_is_missing_and_counted() -> None:
    found = describe("x_a", column(["a", "b"]), MARKERS)
    later = column(["b", "c", "?", None])
    assert cells(found, later).isna().tolist() == [False, True, True, True]
    assert unknown(found, later) == 1
    assert unknown(describe("x_b", column([1.0]), MARKERS), column([2.0])) == 0


def test_booleans_are_numbers_with_gaps() -> None:
    found = describe("x_a", column([True, None, False]), MARKERS)
    assert cells(found, column([False, True, None])).fillna(9).tolist() == [0, 1, 9]
    assert cells(found, column([None, None])).isna().all()


def test_another_kind_than_in_train_is_refused_by_name() -> None:
    found = describe("x_a", column([1.0]), MARKERS)
    with pytest.raises(DataError, match="column x_a: holds categorical values, but numeric ones when it was fitted"):
        cells(found, column(["a"]))
