"""What other imputers do in silence: one test each."""

import json

import numpy as np
import pandas as pd
import pytest

from datatools.errors import DataError, SettingsError
from datatools.impute.auto import AutoFill
from datatools.impute.constant import ConstantFill
from datatools.impute.forward import ForwardFill
from datatools.impute.interpolate import Interpolation
from datatools.impute.iterative import IterativeFill
from datatools.impute.knn import KnnFill
from datatools.impute.mean import MeanFill
from datatools.impute.median import MedianFill
from datatools.impute.methods import NumericMethod
from datatools.impute.missing import MissingClass
from datatools.impute.mode import ModeFill
from datatools.impute.model import ModelFill
from datatools.impute.table import Methods, fit, transform
from datatools.impute.trees import TreesFill
from tests.datatools.impute.tables import table

NUMERIC: list[NumericMethod] = [
    AutoFill(),
    IterativeFill(),
    TreesFill(trees=2),
    KnnFill(),
    MedianFill(),
    MeanFill(),
    ConstantFill(),
]
every = pytest.mark.parametrize("numeric", NUMERIC, ids=lambda method: method.method)


def completed(
    train: pd.DataFrame, rows: pd.DataFrame | None = None, numeric: NumericMethod | None = None
) -> pd.DataFrame:
    return transform(
        fit(train, Methods(numeric or AutoFill(), ModelFill(), ModelFill())), train if rows is None else rows
    )


@every
def test_not_a_time_is_no_number(numeric: NumericMethod) -> None:
    times = pd.to_datetime(pd.Series(["2024-01-01", None, "2024-01-11"]), utc=True)
    filled = completed(table(x_n=[1.0, 2.0, 3.0]).assign(x_when=times), numeric=numeric)["x_when"]
    assert 0 <= filled[1] <= 10  # not days since 1970, nor what NaT is inside: -2**63


def test_none_in_a_column_of_objects_is_missing() -> None:
    filled = completed(table(x_s=["a", None, "a", np.nan], x_f=[True, None, True, True]))
    assert filled["x_s"].tolist() == ["a"] * 4
    assert filled["x_f"].tolist() == [True] * 4


@every
def test_a_column_without_any_value_is_kept(numeric: NumericMethod) -> None:
    filled = completed(table(x_none=[None] * 4, x_n=[1.0, 2.0, None, 3.0]), numeric=numeric)
    assert filled["x_none"].tolist() == [0.0] * 4
    assert filled["x_none_missing"].tolist() == [1.0] * 4


SERIES = {"image_id": ["a" * 64, "b" * 64, "c" * 64], "group_id": ["p", "q", "p"]}


def carried(method: ForwardFill | Interpolation, values: list[float], groups: list[str]) -> list[float]:
    times = pd.date_range("2024-01-01", periods=3, tz="UTC")
    frame = pd.DataFrame({**SERIES, "group_id": groups, "captured_at": times, "x_n": values})
    return [
        float(value)
        for value in transform(fit(frame, Methods(ConstantFill(value=-7.0), series=(method,))), frame)["x_n"]
    ]


@pytest.mark.parametrize("method", [ForwardFill(columns=("n",)), Interpolation(columns=("x_n",))])
def test_groups_are_not_crossed(method: ForwardFill | Interpolation) -> None:
    assert carried(method, [1.0, np.nan, 3.0], ["p", "q", "p"]) == [1.0, -7.0, 3.0]
    assert carried(method, [1.0, np.nan, 3.0], ["p", "p", "p"])[1] in (1.0, 2.0)


def test_the_future_is_not_used() -> None:
    assert carried(ForwardFill(columns=("n",)), [np.nan, 2.0, np.nan], ["p"] * 3) == [-7.0, 2.0, 2.0]
    assert carried(Interpolation(columns=("n",)), [np.nan, 2.0, np.nan], ["p"] * 3) == [-7.0, 2.0, -7.0]


@every
@pytest.mark.parametrize("dtype", ["Int64", "object", "float64"])
def test_whole_numbers_come_through_to_the_last_digit(numeric: NumericMethod, dtype: str) -> None:
    known = [2**53 - 1, -(2**53) + 1, 0, 16_777_217]  # the last is the first that float32 loses
    train = table(x_n=[1.0] * 5).assign(x_i=pd.Series([*known, None], dtype=dtype))
    assert [int(value) for value in completed(train, numeric=numeric)["x_i"][:4]] == known


@pytest.mark.parametrize("dtype", ["boolean", "object"])
def test_booleans_with_gaps_stay_booleans(dtype: str) -> None:
    filled = completed(table(x_n=[1.0] * 4).assign(x_f=pd.Series([True, None, False, True], dtype=dtype)))
    assert filled["x_f"].dtype == np.dtype(bool)
    assert filled["x_f"].tolist() == [True, True, False, True]


def test_mixed_types_are_refused_by_name() -> None:
    mixed = table(x_n=[1.0, 2.0]).assign(x_m=pd.Series([1, "red"], dtype="object"))
    with pytest.raises(DataError, match="column x_m: mixes several types"):
        completed(mixed)


def test_numbers_among_which_a_marker_stands_are_numbers() -> None:
    train = table(x_t=["12", "?", "3.5", "1e2"])
    state = fit(train, Methods(MedianFill(), markers=["?"]))
    assert transform(state, train)["x_t"].tolist() == [12.0, 12.0, 3.5, 100.0]
    assert transform(state, table(x_t=["later", "7", None, "?"]))["x_t"].tolist() == [12.0, 7.0, 12.0, 12.0]
    assert transform(state, table(x_t=[7.0, None]))["x_t"].tolist() == [7.0, 12.0]


def test_codes_of_places_stay_text() -> None:
    train = table(x_zip=["01067", "80331", "10115", None], x_id=["12345678901234567890", "12345678901234567891"] * 2)
    filled = transform(fit(train, Methods(AutoFill(), markers=["?"])), train)
    assert filled["x_zip"].tolist() == ["01067", "80331", "10115", "missing"]
    assert filled["x_id"].nunique() == 2


def test_text_may_be_told_to_stay_text() -> None:
    train = table(x_code=["0", "1", "?", "1"])
    kept = transform(fit(train, Methods(MedianFill(), markers=["?"], text=["code"])), train)
    assert kept["x_code"].tolist() == ["0", "1", "missing", "1"]
    with pytest.raises(SettingsError, match=r"impute\.text: cod: no such feature"):
        fit(train, Methods(MedianFill(), text=["cod"]))


def test_a_category_that_is_called_as_the_class_of_missing_values_is_refused() -> None:
    train = table(x_s=["missing", "a", None])
    with pytest.raises(
        DataError, match="column x_s: has a category 'missing', the name of the class of missing values"
    ):
        fit(train, Methods(MedianFill()))
    assert transform(fit(train, Methods(MedianFill(), markers=["missing"])), train)["x_s"].tolist() == [
        "missing",
        "a",
        "missing",
    ]
    named = fit(train, Methods(MedianFill(), MissingClass(name="none")))
    assert transform(named, train)["x_s"].tolist() == ["missing", "a", "none"]


@every
@pytest.mark.parametrize("huge", [1.797e308, -1.797e308, 1e200, 3.4028235e38, 1e-310])
def test_huge_and_tiny_numbers_break_nothing(numeric: NumericMethod, huge: float) -> None:
    rng = np.random.default_rng(0)
    values = np.where(np.arange(40) % 5 == 0, huge, rng.normal(size=40))
    values[::7] = np.nan
    train = table(x_n=list(values), x_m=list(rng.normal(size=40)), x_s=["a", "b", None, "b"] * 10)
    state = fit(train, Methods(numeric, ModelFill(), ModelFill()))
    json.dumps(state, allow_nan=False)
    filled = transform(state, train)
    assert np.isfinite(filled[["x_n", "x_m"]].to_numpy()).all()
    assert (filled["x_n_missing"] == (np.isnan(values) | (np.abs(values) > 1e150))).all()


def test_a_boolean_column_without_a_value_in_train_is_false() -> None:
    train = table(x_f=[None, None], x_n=[1.0, 2.0])
    rows = table(x_f=[True, None, False], x_n=[1.0, 2.0, 3.0])
    filled = transform(fit(train, Methods(MedianFill()), kinds={"x_f": "boolean"}), rows)["x_f"]
    assert (filled.dtype, filled.tolist()) == (np.dtype(bool), [False] * 3)


def test_columns_of_nothing_but_nan_are_filled_as_what_they_were() -> None:
    state = fit(table(x_s=["a", "b"], x_f=[True, True]), Methods(MedianFill()))
    filled = transform(state, table(x_s=[np.nan], x_f=[np.nan]))
    assert (filled["x_s"].tolist(), filled["x_f"].tolist()) == (["missing"], [True])


def test_a_category_that_train_does_not_have_is_not_written_over_by_the_last_one() -> None:
    times = pd.date_range("2024-01-01", periods=6, tz="UTC")
    rows = table(x_s=["u", "v", "u", "v", "new", None]).assign(group_id="p", captured_at=times)
    rows["split"] = ["train"] * 4 + ["test"] * 2
    state = fit(rows.iloc[:4], Methods(MedianFill(), series=(ForwardFill(columns=("s",)),)))
    assert transform(state, rows)["x_s"].tolist() == ["u", "v", "u", "v", "missing", "missing"]


@pytest.mark.parametrize("method", [ForwardFill(columns=("a",)), Interpolation(columns=("a",))])
def test_train_is_filled_alike_whether_the_other_rows_are_there_or_not(method: ForwardFill | Interpolation) -> None:
    splits = ["test", "train", None, "val", "train", "train", "test"] * 4
    rng = np.random.default_rng(0)
    rows = table(x_a=list(np.where(rng.random(28) < 0.4, np.nan, rng.normal(size=28))), x_b=list(rng.normal(size=28)))
    times = pd.date_range("2024-01-01", periods=28, tz="UTC")
    rows = rows.assign(group_id="p", captured_at=times, split=pd.Series(splits, dtype="object"))
    train = rows[rows["split"] == "train"]
    state = fit(train, Methods(IterativeFill(), series=(method,)))
    assert transform(state, rows).loc[train.index].equals(transform(state, train))


def test_the_order_of_the_columns_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    whole = rng.normal(size=(120, 2)) @ rng.normal(size=(2, 4)) + 0.8 * rng.normal(size=(120, 4))
    X = np.where(rng.random(whole.shape) < 0.2, np.nan, whole)
    train = table(**{f"x_{name}": list(values) for name, values in zip("abcd", X.T, strict=True)})
    turned = train[["image_id", "x_d", "x_b", "x_a", "x_c"]]
    methods = Methods(AutoFill(budget=2000))
    assert fit(turned, methods) == fit(train, methods)


def test_two_columns_of_one_name_are_refused() -> None:
    train = table(x_a=[1.0, 2.0])
    with pytest.raises(DataError, match="column x_a: stands in the table twice"):
        fit(pd.concat([train, train[["x_a"]]], axis=1), Methods(MedianFill()))


def test_a_feature_whose_own_name_begins_with_x_is_found() -> None:
    train = table(x_x_rays=[1.0, 3.0, -1.0], x_a=[1.0, -2.0, -1.0])
    markers = {"x_rays": [-1], "a": [-1], "x_a": [-2]}
    filled = transform(fit(train, Methods(MedianFill(), column_markers=markers)), train)
    assert filled["x_x_rays"].tolist() == [1.0, 3.0, 2.0]
    assert filled["x_a"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("columns", "said"), [((), "names no column"), (("n", "x_n"), "n is named twice")])
def test_a_series_names_each_column_once(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingsError, match=f"impute.series: {said}"):
        fit(table(x_n=[1.0]), Methods(MedianFill(), series=(ForwardFill(columns=columns),)))


def test_a_constant_that_would_count_as_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie between"):
        ConstantFill(value=1e308)


@pytest.mark.parametrize("categorical", [ModeFill(), ModelFill()])
def test_a_category_that_only_val_has_is_filled_and_flagged(categorical: ModeFill | ModelFill) -> None:
    train = table(x_s=["a", "b", None, "a"], x_n=[1.0, 2.0, 3.0, 4.0])
    state = fit(train, Methods(MedianFill(), categorical))
    filled = transform(state, table(x_s=["zebra"], x_n=[1.0]))
    assert filled["x_s"].tolist()[0] in ("a", "b")
    assert filled["x_s_missing"].tolist() == [1.0]


@every
def test_infinite_numbers_are_missing(numeric: NumericMethod) -> None:
    filled = completed(table(x_n=[1.0, np.inf, -np.inf, 3.0], x_m=[1.0, 2.0, 3.0, 4.0]), numeric=numeric)
    assert np.isfinite(filled["x_n"]).all()
    assert filled["x_n_missing"].tolist() == [0.0, 1.0, 1.0, 0.0]


@every
def test_a_constant_column_stays_constant(numeric: NumericMethod) -> None:
    rng = np.random.default_rng(0)
    train = table(x_c=[0.1] * 39 + [None], x_n=list(rng.normal(size=40)))
    filled = completed(train, numeric=numeric)["x_c"].tolist()
    assert filled == [0.1] * 39 + ([0.0] if numeric.method == "constant" else [0.1])


@every
def test_one_row_is_enough_to_learn_from(numeric: NumericMethod) -> None:
    train = table(x_n=[5.0], x_m=[None], x_s=["a"], x_f=[True])
    rows = table(x_n=[None, 7.0], x_m=[1.0, None], x_s=[None, "b"], x_f=[None, False])
    filled = completed(train, rows, numeric)
    assert not filled.isna().to_numpy().any()
    assert filled["x_n"].tolist() == ([0.0] if numeric.method == "constant" else [5.0]) + [7.0]


@every
def test_the_label_is_never_an_input(numeric: NumericMethod) -> None:
    rng = np.random.default_rng(1)
    train = table(x_n=[None, *rng.normal(size=29)], x_m=list(rng.normal(size=30)), x_s=["u", None, "v"] * 10)
    labels = pd.Series(["cat", "dog"] * 15)
    permuted = labels.sample(frac=1, random_state=0, ignore_index=True)
    states = [
        fit(train.assign(label=each, given_split=each), Methods(numeric, ModelFill(), ModelFill()))
        for each in (labels, permuted)
    ]
    assert states[0] == states[1]


def test_a_column_that_does_not_exist_is_named() -> None:
    train = table(x_n=[1.0, 2.0])
    with pytest.raises(SettingsError, match=r"impute\.column_markers: weigth: no such feature; features: n"):
        fit(train, Methods(MedianFill(), column_markers={"weigth": [-1]}))
    with pytest.raises(SettingsError, match=r"impute\.series: weigth: no such feature; features: n"):
        fit(train, Methods(MedianFill(), series=(ForwardFill(columns=("weigth",)),)))


def test_markers_of_one_column_leave_the_others_alone() -> None:
    train = table(x_a=[1.0, 3.0, -1.0], x_b=[1.0, 3.0, -1.0])
    filled = transform(fit(train, Methods(MedianFill(), column_markers={"a": [-1]})), train)
    assert filled["x_a"].tolist() == [1.0, 3.0, 2.0]
    assert filled["x_b"].tolist() == [1.0, 3.0, -1.0]
