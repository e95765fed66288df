"""Values that look like "missing": found where they are, and not where they are values."""

import numpy as np
import pandas as pd
import pytest

from datatools.impute.columns import cells, describe
from datatools.impute.markers import suspects

RNG = np.random.default_rng(0)
AMOUNTS, COUNTS = RNG.gamma(3, 10, 300), RNG.integers(0, 40, 300).astype(float)


def found(values: object, markers: tuple[str | float, ...] = ()) -> list[object]:
    series = pd.Series(values)
    return [each["value"] for each in suspects(describe("x_a", series, markers), series)]


@pytest.mark.parametrize("code", [-999.0, 9999.0, -1.0, 65535.0, 1e20, -12345.0])
def test_a_frequent_code_at_the_edge_is_found(code: float) -> None:
    assert found([*AMOUNTS, *[code] * 6]) == [code]
    assert found([*COUNTS, *[code] * 40]) == [code]


def test_a_code_beside_one_value_is_found() -> None:
    assert found([1.0] * 200 + [65535.0] * 3) == [65535.0]


@pytest.mark.parametrize(
    "values",
    [
        AMOUNTS,
        COUNTS,
        -COUNTS,
        [*AMOUNTS, -999.0, -999.0],  # twice may be two errors
        [-1.0, 1.0] * 50,
        [-1.0, 0.0, 1.0] * 50,
        [0.0, 1.0] * 50,
        [0.0, 9.0] * 50,
        RNG.integers(0, 100, 500).astype(float),
        RNG.integers(-5, 6, 500).astype(float),
        np.repeat([1.8, 2.0, 2.8, 5.6], 20),
        [7.0] * 50,
        [np.nan] * 5,
    ],
)
def test_a_value_is_no_marker(values: object) -> None:
    assert found(values) == []


def test_words_for_nothing_and_the_ends_of_clocks_are_found() -> None:
    assert found(["red", "unknown", "blue", "--", "Unknown"]) == ["--", "Unknown", "unknown"]
    times = pd.to_datetime(["2024-05-01"] * 9 + ["1970-01-01"] * 3, utc=True)
    assert found(times) == ["1970-01-01"]
    assert found(times, ("1970-01-01",)) == []


def test_what_is_declared_is_missing_and_no_longer_suspected() -> None:
    values = pd.Series([*AMOUNTS, *[-999.0] * 6])
    column = describe("x_a", values, (-999, "?"))
    assert suspects(column, values) == []
    assert cells(column, values).isna().tolist() == [False] * 300 + [True] * 6


def test_suspects_are_told_and_left_alone() -> None:
    values = pd.Series([*AMOUNTS, *[-999.0] * 6])
    column = describe("x_a", values, ())
    assert (suspects(column, values)[0]["count"], column["indicator"]) == (6, False)
    assert cells(column, values).tolist()[-1] == -999.0
