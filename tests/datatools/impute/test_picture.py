import json

import numpy as np
import pandas as pd
import pytest

from datatools.impute.picture import MOST_PATTERNS, before_and_after, patterns

COLUMN = {"name": "x_a", "kind": "numeric", "empty": False}


@pytest.mark.parametrize(
    "values",
    [
        [0.3, 0.1 + 0.2],
        [2.0**53, 2.0**53 - 1],
        [1e16, 1e16 + 2],
        [-1e150, 1e150],
        [5.0, 5.0],
        [0.0, 5e-324],
        [0.0, 0.0],
    ],
)
def test_values_as_near_or_as_far_as_numbers_can_be_have_bins(values: list[float]) -> None:
    completed = pd.Series(values * 5)
    gaps = pd.Series(np.arange(10) == 3)
    found = before_and_after(COLUMN, gaps, completed)
    assert found is not None
    json.dumps(found, allow_nan=False)
    assert (np.diff(found["edges"]) > 0).all()
    assert (sum(found["known"]), sum(found["filled"])) == (9, 1)


def test_how_many_stand_at_the_ends_is_told_of_fills_and_of_the_known() -> None:
    completed, gaps = pd.Series([0.0, 1.0, 2.0, 2.0, 0.0, 1.0]), pd.Series([False] * 4 + [True] * 2)
    found = before_and_after(COLUMN, gaps, completed)
    assert found is not None
    assert (found["at_ends"], found["known_at_ends"]) == (0.5, 0.75)


def test_patterns_beyond_the_first_are_counted_as_others() -> None:
    gaps = pd.DataFrame(
        np.random.default_rng(0).random((2000, 12)) < 0.3, columns=[f"x_{place}" for place in range(12)]
    )
    found = patterns(gaps)
    assert len(found) == MOST_PATTERNS + 1
    assert sum(pattern["rows"] for pattern in found) == 2000
    assert found[-1]["others"] == len(gaps.drop_duplicates()) - MOST_PATTERNS
    assert not any("others" in pattern for pattern in patterns(gaps.iloc[:, :3]))
