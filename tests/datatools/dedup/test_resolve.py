from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.keep import Keep, rank
from datatools.dedup.resolve import FOUND, Action, OnConflict, Resolution, resolve
from datatools.errors import DataError

# Two pictures: A with a byte-identical file and a near copy B; C alone.
FILES = [
    {"image_id": "A", "path": "1", "keeper_id": "A", "distance": 0, "difference": 0.0, "rank": 0},
    {"image_id": "A", "path": "2", "keeper_id": "A", "distance": 0, "difference": 0.0, "rank": 2},
    {"image_id": "B", "path": "3", "keeper_id": "A", "distance": 4, "difference": 2.5, "rank": 1},
    {"image_id": "C", "path": "4", "keeper_id": "C", "distance": 0, "difference": 0.0, "rank": 3},
]


def files(labels: list[str | None], **columns: Any) -> pd.DataFrame:
    """Return the files with labels; a column is given as one value, or as a value for each file."""
    plain = {
        "cluster_id": ["A", "A", "A", "C"],
        "orientation": "upright",
        "pixels": False,
        "contradicts": False,
        "chosen": False,
    }
    return pd.DataFrame(FILES).assign(label=labels, x_size=1.0, **(plain | columns))


def resolved(
    labels: list[str | None], action: Action = "drop", on_conflict: OnConflict = "quarantine", **columns: Any
) -> Resolution:
    return resolve(files(labels, **columns), action, on_conflict)


def listed(table: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    plain = table[list(columns)].astype(object)
    return sorted(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_copies_go_in_favour_of_their_keeper() -> None:
    found = resolved(["a", "a", "a", "b"])
    assert listed(found.kept, "path", "label", "cluster_id") == [("1", "a", "A"), ("4", "b", "C")]
    assert listed(found.dropped, "path", "keeper_id", "keeper_path", "kind", "distance", "difference") == [
        ("2", "A", "1", "exact", 0, 0.0),
        ("3", "A", "1", "near", 4, 2.5),
    ]
    assert found.conflicts.empty


def test_a_dropped_file_keeps_the_users_own_split() -> None:
    found = resolved(["a", "a", "a", "b"], given_split=[None, "test", "val", "train"])
    assert listed(found.dropped, "path", "given_split") == [("2", "test"), ("3", "val")]
    assert "given_split" not in resolved(["a", "a", "a", "b"]).dropped


def test_group_keeps_near_copies_in_one_cluster_but_never_two_rows_of_one_image() -> None:
    found = resolved(["a", "a", "a", "b"], action="group")
    assert listed(found.kept, "path", "cluster_id") == [("1", "A"), ("3", "A"), ("4", "C")]
    assert listed(found.dropped, "path", "kind") == [("2", "exact")]


@pytest.mark.parametrize("labels", [["a", "b", "a", "b"], ["a", "a", "b", "b"]])
def test_a_conflict_is_quarantined_whole_and_listed(labels: list[str]) -> None:
    found = resolved(labels)
    assert listed(found.kept, "path") == [("4",)]
    assert listed(found.dropped, "path", "keeper_id", "kind", "distance", "difference") == [
        (path, None, "conflict", None, None) for path in "123"
    ]
    assert listed(found.conflicts, "cluster_id", "path", "label") == list(zip("AAA", "123", labels, strict=False))


def test_turned_copies_and_equal_pixels_are_named_so() -> None:
    turned = resolved(["a"] * 4, orientation=["upright", "upright", "mirrored", "upright"])
    assert listed(turned.dropped, "path", "kind", "orientation") == [
        ("2", "exact", "upright"),
        ("3", "turned", "mirrored"),
    ]
    pixels = resolved(["a"] * 4, pixels=[False, False, True, False])
    assert listed(pixels.dropped, "path", "kind") == [("2", "exact"), ("3", "pixels")]


@pytest.mark.parametrize("on_conflict", ["quarantine", "keep", "majority"])
def test_a_file_that_a_person_chose_gives_its_label_to_all(on_conflict: OnConflict) -> None:
    for action, kept in (("drop", [("1", "b"), ("4", "a")]), ("group", [("1", "b"), ("3", "b"), ("4", "a")])):
        found = resolved(["b", "a", "a", "a"], action, on_conflict, chosen=[True, False, False, False])
        assert found.conflicts.empty
        assert listed(found.kept, "path", "label") == kept


def test_chosen_files_that_disagree_settle_nothing() -> None:
    found = resolved(["b", "a", "a", "a"], chosen=[True, False, True, False])
    assert listed(found.kept, "path") == [("4",)]
    assert len(found.conflicts) == 3
    unlabelled = resolved([None, "a", "b", "a"], chosen=[True, False, False, False])
    assert len(unlabelled.conflicts) == 3


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
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_every_file_is_kept_or_dropped_once_whatever_the_order(
    labels: list[str | None],
    action: Action,
    on_conflict: OnConflict,
    order: list[int],
    chosen: list[bool],
    pixels: list[bool],
) -> None:
    rows = files(labels, chosen=chosen, pixels=pixels)
    found = resolve(rows, action, on_conflict)
    assert sorted([*found.kept["path"], *found.dropped["path"]]) == ["1", "2", "3", "4"]
    assert found.kept["image_id"].is_unique
    assert not set(FOUND) & set(found.kept.columns)
    gone = found.dropped[found.dropped["keeper_id"].notna()]
    assert set(gone["keeper_path"]) <= set(found.kept["path"])
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


def test_the_label_of_its_copies_is_not_lost_with_them() -> None:
    found = resolved([None, "cat", "cat", "dog"], chosen=[True, False, False, False])
    assert found.kept["label"].notna().all()


def test_a_picture_that_contradicts_a_copy_of_another_keeper_is_a_conflict() -> None:
    found = resolved(["cat", "cat", "cat", "dog"], contradicts=[False, False, True, True])
    assert {"3", "4"} == set(found.conflicts["path"])
