from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.keep import Keep, rank
from datatools.dedup.resolve import Action, OnConflict, Resolution, resolve
from datatools.errors import DataError

# Two pictures: A with a byte-identical file and a near copy B; C alone.
FILES = [
    {"image_id": "A", "path": "1", "keeper_id": "A", "distance": 0, "rank": 0},
    {"image_id": "A", "path": "2", "keeper_id": "A", "distance": 0, "rank": 2},
    {"image_id": "B", "path": "3", "keeper_id": "A", "distance": 4, "rank": 1},
    {"image_id": "C", "path": "4", "keeper_id": "C", "distance": 0, "rank": 3},
]


def resolved(labels: list[str | None], action: Action = "drop", on_conflict: OnConflict = "quarantine") -> Resolution:
    rows = pd.DataFrame(FILES).assign(label=labels, cluster_id=["A", "A", "A", "C"], x_size=1.0)
    return resolve(rows, action, on_conflict)


def listed(table: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    plain = table[list(columns)].astype(object)
    return sorted(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_copies_go_in_favour_of_their_keeper() -> None:
    found = resolved(["a", "a", "a", "b"])
    assert listed(found.kept, "path", "label", "cluster_id") == [("1", "a", "A"), ("4", "b", "C")]
    assert listed(found.dropped, "path", "keeper_id", "keeper_path", "kind", "distance") == [
        ("2", "A", "1", "exact", 0),
        ("3", "A", "1", "near", 4),
    ]
    assert found.conflicts.empty


def test_group_keeps_near_copies_in_one_cluster_but_never_two_rows_of_one_image() -> None:
    found = resolved(["a", "a", "a", "b"], action="group")
    assert listed(found.kept, "path", "cluster_id") == [("1", "A"), ("3", "A"), ("4", "C")]
    assert listed(found.dropped, "path", "kind") == [("2", "exact")]


@pytest.mark.parametrize("labels", [["a", "b", "a", "b"], ["a", "a", "b", "b"]])
def test_a_conflict_is_quarantined_whole_and_listed(labels: list[str]) -> None:
    found = resolved(labels)
    assert listed(found.kept, "path") == [("4",)]
    assert listed(found.dropped, "path", "keeper_id", "kind", "distance") == [
        (path, None, "conflict", None) for path in "123"
    ]
    assert listed(found.conflicts, "cluster_id", "path", "label") == list(zip("AAA", "123", labels, strict=False))


def test_a_missing_label_disagrees_with_none() -> None:
    assert resolved(["a", None, None, "b"]).conflicts.empty
    assert resolved([None, None, None, None]).conflicts.empty


def test_keep_leaves_every_label_as_it_is() -> None:
    found = resolved(["a", "b", "c", "b"], action="group", on_conflict="keep")
    assert listed(found.kept, "path", "label") == [("1", "a"), ("3", "c"), ("4", "b")]
    assert len(found.conflicts) == 3


def test_the_majority_names_all_and_a_tie_is_quarantined() -> None:
    found = resolved(["b", "a", "a", "b"], action="group", on_conflict="majority")
    assert listed(found.kept, "path", "label") == [("1", "a"), ("3", "a"), ("4", "b")]
    assert listed(found.conflicts, "path", "label") == [("1", "b"), ("2", "a"), ("3", "a")]
    tie = resolved(["a", "b", None, "b"], on_conflict="majority")
    assert listed(tie.kept, "path") == [("4",)]


@given(
    st.lists(st.sampled_from(["a", "b", None]), min_size=4, max_size=4),
    st.sampled_from(["drop", "group"]),
    st.sampled_from(["quarantine", "keep", "majority"]),
    st.permutations(range(4)),
)
def test_every_file_is_kept_or_dropped_once_whatever_the_order(
    labels: list[str | None], action: Action, on_conflict: OnConflict, order: list[int]
) -> None:
    rows = pd.DataFrame(FILES).assign(label=labels, cluster_id=["A", "A", "A", "C"], x_size=1.0)
    found = resolve(rows, action, on_conflict)
    assert sorted([*found.kept["path"], *found.dropped["path"]]) == ["1", "2", "3", "4"]
    assert found.kept["image_id"].is_unique
    again = resolve(rows.iloc[order], action, on_conflict)
    for one, other in zip(found, again, strict=True):
        assert listed(one, "path", "cluster_id") == listed(other, "path", "cluster_id")


QUALITY = pd.DataFrame(
    {
        "path": ["b", "a", "c", "d"],
        "label": ["x", "x", "x", None],
        "width": [10, 20, 20, 90],
        "height": [10, 20, 20, 90],
        "bytes": [90, 100, 200, 9000],
        "sharpness": [0.3, 0.1, 0.2, 0.9],
    }
)


@pytest.mark.parametrize(
    ("keep", "order"), [("largest", "acbd"), ("sharpest", "bcad"), ("least_compressed", "bcad"), ("first", "abcd")]
)
def test_the_order_of_files_ties_by_path_and_unlabelled_last(keep: Keep, order: str) -> None:
    ranks = rank(QUALITY, keep)
    assert "".join(QUALITY["path"].to_numpy()[ranks.argsort()]) == order
    shuffled = QUALITY.sample(frac=1, random_state=3)
    assert dict(zip(shuffled["path"], rank(shuffled, keep), strict=True)) == dict(
        zip(QUALITY["path"], ranks, strict=True)
    )


def test_a_missing_measure_is_named() -> None:
    with pytest.raises(DataError, match="sharpness: is missing for c, and keep: sharpest needs it"):
        rank(QUALITY.assign(sharpness=[0.3, 0.1, None, 0.9]), "sharpest")
