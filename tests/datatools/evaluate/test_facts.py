import numpy as np
import pandas as pd

from datatools.evaluate.facts import COLUMNS, facts

ROWS = pd.DataFrame(
    {
        "image_id": ["a", "b", "c", "d"],
        "path": ["raw/a.png", "raw/b.png", "raw/c.png", "raw/d.png"],
        "pixels": ["raw/a.png", "denoised/b.png", "raw/c.png", "raw/d.png"],
        "captured_at": pd.Series(pd.NaT, index=range(4), dtype="datetime64[us, UTC]"),
        "group_id": pd.Series([None, "g", None, None], dtype="str"),
        "cluster_id": ["a", "b", "b", "d"],
        "x_age": [1.0, -999.0, np.nan, 4.0],
        "x_empty": [np.nan] * 4,
        "x_colour": pd.Series(["red", "blue", "red", None], dtype="str"),
    }
)
COMPLETED = pd.DataFrame(
    {
        "image_id": ["a", "b", "c", "d"],
        "x_age": [1.0, 2.5, 2.5, 4.0],
        "x_age_missing": [0.0, 1.0, 1.0, 0.0],
        "x_colour": pd.Series(["red", "blue", "red", "red"], dtype="str"),
    }
)


def test_what_is_known_of_each_image() -> None:
    found = facts(ROWS, pd.DataFrame({"cluster_id": ["d", "d", "gone"]}), COMPLETED)
    assert list(found.columns) == ["image_id", *COLUMNS]
    assert found["path"].tolist() == ROWS["pixels"].tolist()
    assert found["denoised"].tolist() == [False, True, False, False]
    assert found["cluster_size"].tolist() == [1, 2, 2, 3]  # the images that were dropped belong to it
    # A marker that was declared, a null of a feature with and without an indicator; the empty feature was left out, not filled.
    assert found["imputed"].tolist() == [False, True, True, True]


def test_without_a_table_nothing_was_imputed() -> None:
    bare = ROWS[[name for name in ROWS.columns if not name.startswith("x_")]]
    found = facts(bare, pd.DataFrame({"cluster_id": []}), COMPLETED[["image_id"]])
    assert not found["imputed"].any()


def test_the_order_of_the_completed_table_does_not_matter() -> None:
    none = pd.DataFrame({"cluster_id": pd.Series([], dtype="str")})
    pd.testing.assert_frame_equal(facts(ROWS, none, COMPLETED), facts(ROWS, none, COMPLETED[::-1]))


def test_a_feature_of_the_users_that_ends_like_an_indicator_is_none() -> None:
    rows = ROWS.assign(x_tooth_missing=[1.0, 1.0, 1.0, 1.0])
    completed = COMPLETED.assign(x_tooth_missing=[1.0, 1.0, 1.0, 1.0])
    found = facts(rows, pd.DataFrame({"cluster_id": []}), completed)
    assert found["imputed"].tolist() == [False, True, True, True]
