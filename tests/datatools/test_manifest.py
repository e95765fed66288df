from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from datatools.errors import SchemaError
from datatools.manifest import DEDUPLICATED, INGESTED, SPLIT, feature_columns, read, write


def table(count: int = 3, **changes: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "image_id": [f"{number:064x}" for number in range(count)],
        "path": [f"data/raw/{number}.png" for number in range(count)],
        "label": ["cat", None, "dog"][:count],
        "domain": "default",
        "captured_at": pd.to_datetime(["2020-01-01", None, "2021-06-01"][:count], utc=True),
        "group_id": None,
        "cluster_id": "c",
        "split": ["train", "val", None][:count],
    }
    return pd.DataFrame({**columns, **changes})


def test_round_trip_and_equal_bytes_in_any_order(tmp_path: Path) -> None:
    frame = table(x_age=[1.0, None, 3.0], x_kind=["a", None, "b"])
    write(frame, tmp_path / "a.parquet", SPLIT)
    write(frame.iloc[::-1], tmp_path / "b.parquet", SPLIT)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    back = read(tmp_path / "a.parquet", SPLIT)
    assert feature_columns(back) == ["x_age", "x_kind"]
    assert back["image_id"].tolist() == sorted(frame["image_id"])
    assert back["label"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": ["train", "valid", None]}, "column split: row 1: 'valid' must be one of train, val, test"),
        ({"path": ["data/raw/1.png", "/etc/x", "a"]}, "column path: row 1: '/etc/x' must be a relative POSIX path"),
        ({"path": ["data/raw/1.png", "a/../../x", "a"]}, "column path: row 1"),
        ({"image_id": ["0" * 64, "xyz", "1" * 64]}, "column image_id: row 1: 'xyz' must be 64 lower-case hex digits"),
        ({"domain": ["a", "b", None]}, "column domain: row 2: null is not allowed"),
        ({"captured_at": ["2020", "x", "y"]}, "column captured_at: row 0: '2020' is not of type timestamp"),
        ({"image_id": ["0" * 64, "1" * 64, "0" * 64]}, "row 2: a second row with image_id = 000"),
        ({"colour": 1}, "column colour: is not part of the table 'split'"),
        ({"x_mixed": [1, "a", True]}, "column x_mixed: mixes several types"),
    ],
)
def test_a_broken_table_is_refused_with_column_and_first_bad_row(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SchemaError, match=message):
        write(table(**changes), tmp_path / "t.parquet", SPLIT)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="column cluster_id: is missing from the table 'deduplicated'"):
        write(table().drop(columns=["cluster_id", "split"]), tmp_path / "t.parquet", DEDUPLICATED)


def test_reading_checks_too(tmp_path: Path) -> None:
    write(table(), tmp_path / "t.parquet", SPLIT)
    with pytest.raises(SchemaError, match=r"t.parquet: column cluster_id: is not part of the table 'ingested'"):
        read(tmp_path / "t.parquet", INGESTED)
    (tmp_path / "t.parquet").write_bytes(b"nonsense")
    with pytest.raises(SchemaError, match="is not a Parquet table"):
        read(tmp_path / "t.parquet", SPLIT)
    with pytest.raises(SchemaError, match="is missing; run the stage"):
        read(tmp_path / "u.parquet", SPLIT)


def test_byte_identical_files_may_share_an_id_only_until_they_are_deduplicated(tmp_path: Path) -> None:
    twins = table(image_id=["0" * 64] * 3).drop(columns=["cluster_id", "split"])
    write(twins, tmp_path / "t.parquet", INGESTED)
    with pytest.raises(SchemaError, match="second row"):
        write(twins.assign(cluster_id="c"), tmp_path / "t.parquet", DEDUPLICATED)


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    write(table().iloc[:0], tmp_path / "t.parquet", SPLIT)
    assert read(tmp_path / "t.parquet", SPLIT).empty
