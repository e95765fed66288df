import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from pandas.testing import assert_frame_equal

from datatools.errors import DataError
from datatools.impute.constant import ConstantFill
from datatools.impute.iterative import IterativeFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import CategoricalMethod, NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.table import COMPLETED, Methods, State, fit, missing, transform
from datatools.manifest import check, feature_columns
from tests.datatools.impute.tables import reloaded, table, tables

MARKERS = ("?", "NA")


def fitted(
    train: pd.DataFrame, numeric: NumericMethod | None = None, categorical: CategoricalMethod | None = None
) -> State:
    return fit(train, Methods(numeric or IterativeFill(), categorical or MissingClass(), markers=MARKERS))


@settings(max_examples=25)
@given(tables(), tables())
def test_nothing_is_missing_afterwards_and_what_was_known_is_kept(train: pd.DataFrame, rows: pd.DataFrame) -> None:
    state = fitted(train)
    filled = transform(state, rows)
    check(filled, COMPLETED, "table")
    assert not filled.isna().to_numpy().any()
    gaps = missing(state, rows)
    empty = {column["name"] for column in state["columns"] if column["empty"]}
    for name in {"x_a", "x_b", "x_c", "x_flag", "x_kind"} - empty:
        assert filled[name][~gaps[name]].tolist() == rows[name][~gaps[name]].tolist()


@settings(max_examples=25)
@given(tables(), tables())
def test_the_state_is_json_and_reproduces_the_table_to_the_bit(train: pd.DataFrame, rows: pd.DataFrame) -> None:
    state = fitted(train)
    again = reloaded(state)
    assert again == state
    assert_frame_equal(transform(again, rows), transform(state, rows), check_exact=True)


@settings(max_examples=25)
@given(tables(), tables(most=6))
def test_the_order_of_the_rows_does_not_matter_to_the_bit(train: pd.DataFrame, rows: pd.DataFrame) -> None:
    state = fitted(train)
    assert fitted(train.iloc[::-1]) == state
    turned = transform(state, rows.iloc[::-1]).sort_index()
    assert_frame_equal(turned, transform(state, rows), check_exact=True)
    one_by_one = pd.concat([transform(state, rows.iloc[[place]]) for place in range(len(rows))])
    assert_frame_equal(one_by_one, transform(state, rows), check_exact=True)


@settings(max_examples=25)
@given(tables())
def test_only_features_are_looked_at(train: pd.DataFrame) -> None:
    labelled = train.assign(label=["cat", "dog", None][len(train) % 3], domain="a", split="train")
    assert fitted(labelled) == fitted(train)
    assert feature_columns(labelled) == feature_columns(train)


@settings(max_examples=25)
@given(tables(), tables())
def test_indicators_are_those_of_train_and_tell_what_was_missing(train: pd.DataFrame, rows: pd.DataFrame) -> None:
    state = fitted(train)
    gaps_of_train, gaps = missing(state, train), missing(state, rows)
    filled = transform(state, rows)
    expected = {f"{name}_missing" for name in gaps_of_train if gaps_of_train[name].any()}
    assert {name for name in filled if name.endswith("_missing")} == expected
    for name in expected:
        assert filled[name].tolist() == gaps[name.removesuffix("_missing")].astype(float).tolist()


def test_a_column_without_a_value_in_train_is_kept_constant_with_its_indicator() -> None:
    nothing = [None, None]
    train = table(x_n=nothing, x_s=["?", None], x_t=nothing).assign(
        x_t=pd.Series([pd.NaT] * 2, dtype="datetime64[us, UTC]")
    )
    rows = table(x_n=[5.0, None], x_s=["a", None], x_t=nothing).assign(
        x_t=pd.to_datetime(pd.Series(["2024-01-01", None]), utc=True)
    )
    filled = transform(fitted(train), rows)
    assert filled[["x_n", "x_t"]].to_numpy().tolist() == [[0.0, 0.0]] * 2
    assert filled["x_s"].tolist() == ["missing"] * 2
    assert transform(fitted(train), train).filter(like="_missing").to_numpy().tolist() == [[1.0] * 3] * 2


def test_each_kind_is_filled_by_its_method() -> None:
    train = table(x_n=[1.0, 2.0, 9.0, None], x_s=["b", "a", "b", None], x_f=[True, True, False, None])
    gaps = table(x_n=[None], x_s=[None], x_f=[None])
    filled = transform(fitted(train, MedianFill(), ModeFill()), gaps).iloc[0]
    assert (filled["x_n"], filled["x_s"], filled["x_f"]) == (2.0, "b", True)
    filled = transform(fitted(train, ConstantFill(value=7.0), MissingClass(name="none")), gaps).iloc[0]
    assert (filled["x_n"], filled["x_s"]) == (7.0, "none")


def test_the_mode_of_equals_is_the_first() -> None:
    state = fitted(table(x_s=["b", "a"], x_f=[True, False]), categorical=ModeFill())
    filled = transform(state, table(x_s=[None], x_f=[None])).iloc[0]
    assert (filled["x_s"], bool(filled["x_f"])) == ("a", False)


def test_unknown_categories_are_filled_and_flagged() -> None:
    state = fitted(table(x_s=["a", "b", None]))
    filled = transform(state, table(x_s=["c", "b", "a"]))
    assert filled["x_s"].tolist() == ["missing", "b", "a"]
    assert filled["x_s_missing"].tolist() == [1.0, 0.0, 0.0]


def test_times_come_out_as_days_and_are_never_filled_with_a_moment_of_their_own() -> None:
    times = pd.to_datetime(pd.Series(["2024-01-01", "2024-01-03", None, "2024-01-08"]), utc=True)
    train = table(x_n=[0.0, 1.0, 2.0, 3.0]).assign(x_when=times)
    filled = transform(fitted(train, MedianFill()), train)
    assert filled["x_when"].tolist() == [0.0, 2.0, 2.0, 7.0]


def test_no_rows_are_no_trouble() -> None:
    train = table(x_n=[1.0, None], x_s=["a", None], x_f=[True, None])
    assert transform(fitted(train), train.iloc[:0]).shape == (0, 7)


def test_a_table_without_features_has_ids_only() -> None:
    rows = table(x_n=[1.0, 2.0])[["image_id"]]
    state = fitted(rows)
    assert list(transform(reloaded(state), rows)) == ["image_id"]


def test_bools_without_gaps_stay_booleans() -> None:
    assert transform(fitted(table(x_f=[True, False])), table(x_f=[False, None]))["x_f"].dtype == np.dtype(bool)


@pytest.mark.parametrize(
    ("train", "rows", "message"),
    [
        (
            table(x_a=[1.0]),
            table(x_b=[1.0]),
            "column x_a: is missing from the table, but the imputer was fitted with it",
        ),
        (
            table(x_a=[1.0]),
            table(x_a=[1.0], x_b=[1.0]),
            "column x_b: was not there, but the imputer was fitted without it",
        ),
        (table(x_a=[1.0]), table(x_a=["u"]), "column x_a: holds categorical values"),
    ],
)
def test_another_table_is_refused_by_column(train: pd.DataFrame, rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        transform(fitted(train), rows)


def test_an_empty_train_and_a_taken_name_are_refused() -> None:
    with pytest.raises(DataError, match="train has no rows"):
        fitted(table(x_a=[1.0]).iloc[:0])
    with pytest.raises(DataError, match="column x_a_missing: is the name of the indicator of x_a"):
        fitted(table(x_a=[1.0, None], x_a_missing=[1.0, 2.0]))
