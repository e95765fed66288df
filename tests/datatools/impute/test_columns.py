import numpy as np
import pandas as pd
import pytest

from datatools.errors import DataError
from datatools.impute.columns import cells, describe, marked, too_large, unknown

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


def test_markers_are_missing_whatever_their_case() -> None:
    values = column(["?", " na ", "Nancy", "?!", None])
    found = describe("x_a", values, MARKERS)
    assert found["categories"] == ["?!", "Nancy"]
    assert cells(found, values).isna().tolist() == [True, True, False, False, True]
    numbers = column([1.0, 2.0])
    assert (marked(found, values), marked(describe("x_n", numbers, ("one",)), numbers)) == (2, 0)


@pytest.mark.parametrize("marker", ["-999", -999, -999.0])
def test_a_marker_is_the_same_in_quotes_and_without(marker: str | float) -> None:
    for values in (column([1.0, -999.0, 2.0]), column(["a", "-999", "b"]), column(["a", " -999.0", "b"])):
        if values[1] == " -999.0" and isinstance(marker, str):
            continue  # text that was declared is that text
        assert cells(describe("x_a", values, (marker,)), values).isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "empty", [column([np.nan], "float64"), column([None]), column([pd.NaT], "datetime64[us, UTC]")]
)
@pytest.mark.parametrize(
    "train",
    [
        column(["a"]),
        column([True, False]),
        column([1.0]),
        column([pd.Timestamp("2024-01-01", tz="UTC")], "datetime64[us, UTC]"),
    ],
)
def test_a_column_without_a_value_has_the_kind_that_was_fitted(
    train: "pd.Series[object]", empty: "pd.Series[object]"
) -> None:
    assert cells(describe("x_a", train, ()), empty).isna().all()


def test_the_kind_of_a_column_that_train_does_not_know_is_told_from_outside() -> None:
    assert describe("x_a", column([None]), (), "boolean")["kind"] == "boolean"
    assert describe("x_a", column([1.0]), (), "boolean")["kind"] == "numeric"


@pytest.mark.parametrize("huge", [1e200, -1.7976931348623157e308, np.inf])
def test_what_nothing_can_measure_is_missing_and_counted(huge: float) -> None:
    values = column([1.0, huge, 2.0])
    found = describe("x_a", values, ())
    assert (cells(found, values).isna().tolist(), too_large(found, values)) == ([False, True, False], 1)
    assert too_large(describe("x_a", values, (huge,)), values) == (0 if np.isfinite(huge) else 1)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pd.Series(["a", None], dtype="category"), "dictionary"),
        (column([b"a", None]), "binary"),
        (column([pd.Timestamp("2024-01-01").date()]), "date32"),
        (column([[1], None]), "list"),
        (pd.Series(pd.to_timedelta(["1D", None])), "duration"),
        (column([1j, None]), "mixes"),
    ],
)
def test_what_is_no_feature_is_refused_by_name(values: "pd.Series[object]", said: str) -> None:
    with pytest.raises(DataError, match=f"column x_a: .*{said}"):
        describe("x_a", values, ())


def test_text_becomes_numbers_only_beside_a_marker_and_without_loss() -> None:
    def kind(*values: object, keep: bool = False) -> str:
        return str(describe("x_a", column(list(values)), MARKERS, keep_text=keep)["kind"])

    assert kind("12", "?", "3.5", "1e2", "-0.5") == "numeric"
    assert kind("12", "?", keep=True) == "categorical"
    assert kind("12", "7") == "categorical"  # no marker: ingest was told, or would have made them numbers
    for text in ("01067", "12345678901234567890", "0x1F", "1_0", "inf", "1e400", "٣", "red"):
        assert kind("12", "?", text) == "categorical", text
    assert kind("1.1", "1.10", "?") == "categorical"  # versions: two would become one


def test_text_that_is_no_number_is_unknown_among_numbers() -> None:
    found = describe("x_a", column(["12", "?", "3"]), MARKERS)
    later = column(["later", "4", "?", "inf"])
    assert cells(found, later).isna().tolist() == [True, False, True, True]
    assert (unknown(found, later), marked(found, later), too_large(found, later)) == (1, 1, 1)


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
