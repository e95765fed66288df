"""How a table becomes numbers."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError
from finetune.fusion import columns, encoder, moments
from finetune.fusion.encoder import Encoded, Encoder

FRAME = pd.DataFrame(
    {
        "x_age": [10.0, 20.0, 30.0, 40.0],
        "x_age_missing": [0.0, 1.0, 0.0, 0.0],
        "x_flash": [True, False, True, True],
        "x_site": pd.Series(["sea", "sea", "hill", "missing"], dtype=object),
        "x_taken": [0.0, 1.5, 30.0, 200.25],
        "x_same": [7.0] * 4,
    }
)
ORIGIN = {"x_taken": "2024-03-01T12:00:00+00:00"}


def fitted(frame: pd.DataFrame = FRAME) -> Encoder:
    return encoder.fit(frame, ORIGIN)


def equal(one: Encoded, other: Encoded) -> bool:
    pairs = [(one.numbers, other.numbers), (one.levels, other.levels), (one.present, other.present)]
    return all(torch.equal(*pair) for pair in pairs)


def test_each_column_becomes_what_it_is() -> None:
    of = fitted()
    found = of(FRAME)
    assert [column.name for column in of.numbers] == ["x_age", "x_age_missing", "x_flash", "x_same"]
    assert [column.name for column in of.moments] == ["x_taken"]
    assert of.categories[0].levels == ("sea",)  # what one row has can teach nothing about others
    assert of.categories[0].shares == (0.5, 0.5)
    assert found.levels[:, 0].tolist() == [1, 1, 0, 0]
    assert found.numbers.shape == (4, of.width)
    assert torch.allclose(found.numbers.mean(dim=0), torch.zeros(of.width), atol=1e-6)
    deviations = found.numbers.std(dim=0, correction=0)
    assert torch.allclose(deviations[[0, 1, 2]], torch.ones(3))
    assert deviations[3] == 0  # a column that never varies


def test_what_one_column_says_is_scaled_as_scikit_learn_does() -> None:
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x_{name}": rng.normal(size=50) for name in "abc"})
    found = encoder.fit(frame)(frame).numbers.numpy()
    assert np.allclose(found, StandardScaler().fit_transform(frame), atol=1e-6)


@given(st.permutations(range(4)), st.permutations(list(FRAME.columns)))
def test_the_order_of_rows_and_columns_changes_nothing(rows: list[int], names: list[str]) -> None:
    turned = FRAME.iloc[rows][names]
    assert fitted(turned) == fitted()
    assert equal(fitted()(turned), fitted()(FRAME)[torch.tensor(rows)])


def test_a_row_is_encoded_by_itself() -> None:
    of = fitted()
    assert all(equal(of(FRAME.iloc[[row]]), of(FRAME)[torch.tensor([row])]) for row in range(4))


def test_gaps_count_as_the_mean_and_make_their_indicator() -> None:
    of = fitted()
    gap = FRAME.assign(x_age=[None, 20.0, 30.0, 40.0], x_site=None).drop(columns="x_age_missing")
    found, whole = of(gap), of(FRAME.assign(x_age_missing=[1.0, 0.0, 0.0, 0.0]))
    assert found.numbers[0, 0] == 0.0
    assert torch.equal(found.numbers[:, 1], whole.numbers[:, 1])
    assert found.levels[:, 0].tolist() == [0] * 4
    assert found.present.all()


def test_a_missing_category_is_the_class_of_missing_ones_where_train_has_it() -> None:
    column = columns.category("x_site", pd.Series(["missing", "missing", "sea", "sea"], dtype=object))
    assert column.encode(pd.Series([None, "sea", "moon"], dtype=object)).tolist() == [1, 2, 0]


def test_a_row_without_a_value_is_absent() -> None:
    empty = pd.DataFrame({name: pd.Series([None, FRAME[name][0]], dtype=object) for name in FRAME})
    empty["x_age_missing"] = [1.0, 0.0]
    assert fitted()(empty).present.tolist() == [False, True]


def test_an_outlier_is_bounded() -> None:
    assert float(fitted()(FRAME.assign(x_age=1e9)).numbers[:, 0].max()) == encoder.FARTHEST


def test_time_is_the_same_as_stamps_as_text_and_as_days() -> None:
    of = fitted()
    stamps = pd.Timestamp(ORIGIN["x_taken"]) + pd.to_timedelta(FRAME["x_taken"], unit="D")
    for values in (stamps, stamps.map(lambda stamp: stamp.isoformat()).astype(object)):
        assert torch.allclose(of(FRAME.assign(x_taken=values)).numbers, of(FRAME).numbers, atol=1e-6)


def test_midnight_is_near_midnight_and_december_near_january() -> None:
    stamps = pd.Series(pd.to_datetime(["2023-12-31 23:59", "2024-01-01 00:01", "2023-07-01 12:00"], utc=True))
    parts = moments.parts(moments.days(stamps, None))[:, :-1]
    distances = np.linalg.norm(parts[[0, 0]] - parts[[1, 2]], axis=1)
    assert distances[0] < 0.03
    assert distances[1] > 2
    week = moments.parts(moments.days(stamps + pd.Timedelta(days=7), None))
    assert np.allclose(week[:, [1, 4]], parts[:, [1, 4]])  # the same weekday


def test_what_was_learnt_is_plain_json() -> None:
    of = fitted()
    assert Encoder.model_validate_json(json.dumps(of.model_dump(mode="json"))) == of


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_age": ["old"] * 4}, "column x_age: 'old' is no number"),
        ({"x_taken": ["yesterday"] * 4}, "column x_taken: held time stamps"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted()(FRAME.assign(**changes))


def test_a_missing_column_is_said() -> None:
    with pytest.raises(DataError, match="column x_site: is missing from the table"):
        fitted()(FRAME.drop(columns="x_site"))
