import numpy as np
import pandas as pd

from finetune import table


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_each_kind_of_column_becomes_numbers() -> None:
    rows = frame(
        x_size=[1.0, 2.0, 6.0],
        x_flag=[True, False, True],
        x_when=pd.to_datetime(["1970-01-02", "1970-01-03T12:00", "1970-01-01"], utc=True, format="ISO8601"),
        x_maker=["b", "a", "b"],
        x_maker_missing=[0.0, 1.0, 0.0],
    )
    encoder = table.fit(pd.concat([rows, rows]), list(rows.columns))
    expected = [[1, 1, 1, 0, 0, 1], [2, 0, 2.5, 1, 1, 0], [6, 1, 0, 0, 0, 1]]  # text comes last
    np.testing.assert_array_equal(encoder(rows), expected)


def test_what_train_never_saw_is_zero_and_what_is_missing_is_the_mean_of_train() -> None:
    train = frame(x_maker=["a", "a", "b", "b"], x_size=[1.0, 3.0, np.nan, 5.0])
    encoder = table.fit(train, ["x_maker", "x_size"])
    found = encoder(frame(x_maker=["new", None, "a"], x_size=[np.nan, 7.0, 1.0]))
    np.testing.assert_array_equal(found, [[3, 0, 0], [7, 0, 0], [1, 1, 0]])


def test_names_that_occur_once_give_no_column() -> None:
    train = frame(x_name=[f"name {row}" for row in range(50)], x_kind=["a", "b"] * 25)
    assert table.fit(train, ["x_name", "x_kind"])(train).shape == (50, 2)


def test_of_too_many_categories_the_most_frequent_stay() -> None:
    values = [f"{code:03d}" for code in range(100) for _ in range(2 + (code >= 90))]
    encoder = table.fit(frame(x_code=values), ["x_code"])
    ((_, kept),) = encoder.categorical
    assert len(kept) == table.CATEGORIES
    assert {f"{code:03d}" for code in range(90, 100)} <= set(kept)
    assert list(kept) == sorted(kept)


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = frame(x_kind=list("aabbccddee"), x_size=np.arange(10.0))
    assert table.fit(rows, ["x_kind", "x_size"]) == table.fit(rows[::-1], ["x_kind", "x_size"])


def test_a_column_without_any_value_is_zero() -> None:
    rows = frame(x_size=[np.nan, np.nan], x_kind=pd.Series([None, None], dtype=object))
    np.testing.assert_array_equal(table.fit(rows, ["x_size", "x_kind"])(rows), [[0], [0]])


def test_no_columns_give_no_numbers() -> None:
    assert table.fit(frame(image_id=["a"]), [])(frame(image_id=["a", "b"])).shape == (2, 0)
