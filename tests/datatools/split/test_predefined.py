import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.split import Predefined
from datatools.split.audit import audit, failures, refuse
from datatools.split.folds import Folds
from datatools.split.groups import find
from datatools.split.predefined import protected
from tests.datatools.split.tables import manifest, manifests


@given(manifests())
def test_under_refuse_each_row_keeps_its_own_split(rows: pd.DataFrame) -> None:
    assume((rows["given_split"] == "val").any())
    split = Predefined(missing="train")(rows, 0).split
    own = rows["given_split"].notna().to_numpy()
    assert list(split[own]) == list(rows["given_split"][own])


@given(manifests())
def test_set_aside_keeps_test_whole_and_leaves_the_copies_out(rows: pd.DataFrame) -> None:
    assume((rows["given_split"] == "val").any())
    assigned = Predefined(missing="train", leaks="set_aside")(rows, 0)
    given_ = rows["given_split"].to_numpy()
    assert set(assigned.split[given_ == "test"]) <= {"test"}
    group = find(rows).of_row
    for number in range(group.max() + 1):
        inside = group == number
        known = set(given_[inside]) - {None}
        stays = max(known, key=SPLITS.index, default="train")
        for name, split, why in zip(given_[inside], assigned.split[inside], assigned.why[inside], strict=True):
            assert split == (stays if name in {None, stays} else None)
            assert why == ("" if split else f"its group lies in {stays}, which keeps it")


@given(manifests())
def test_train_moves_divided_groups_there_and_no_other(rows: pd.DataFrame) -> None:
    assume((rows["given_split"] == "val").any())
    split = pd.Series(Predefined(missing="train", leaks="train")(rows, 0).split)
    group = find(rows).of_row
    known = rows["given_split"].groupby(group).transform("nunique")
    assert set(split[known > 1]) <= {"train"}
    kept = (known == 1) & rows["given_split"].notna()
    assert list(split[kept]) == list(rows["given_split"][kept])


def test_a_row_without_a_split_follows_its_group_and_else_what_is_missing_says() -> None:
    rows = manifest(["cat"] * 4, clusters=[0, 0, 1, 2], given=["test", None, None, "val"])
    assert list(Predefined(missing="train")(rows, 0).split) == ["test", "test", "train", "val"]


def test_filling_keeps_shares_of_rows_and_classes() -> None:
    rows = manifest(["cat", "dog"] * 100, given=["test"] * 30 + ["train"] * 100 + [None] * 70)
    split = Predefined(missing="fill")(rows, 0).split
    assert list(split[:130]) == ["test"] * 30 + ["train"] * 100
    assert {name: int((split == name).sum()) for name in SPLITS} == {"train": 140, "val": 30, "test": 30}
    assert (split[1::2] == "val").sum() == 15


def test_a_row_whose_group_has_a_split_is_not_missing_one() -> None:
    rows = manifest(["cat"] * 4, groups=["p", "p", None, None], given=["test", None, "train", "val"])
    assert list(Predefined(missing="refuse")(rows, 0).split) == ["test", "test", "train", "val"]


def test_a_column_without_val_gets_one_from_train_in_whole_groups() -> None:
    rows = manifest(
        ["cat", "cat", "dog", "dog"] * 50,
        clusters=[place // 2 for place in range(200)],
        given=["train"] * 160 + ["test"] * 40,
    )
    assigned = Predefined()(rows, 0)
    split = pd.Series(assigned.split)
    assert set(split[160:]) == {"test"}
    assert split.value_counts().to_dict() == {"train": 132, "test": 40, "val": 28}
    assert rows["label"][split == "val"].value_counts().to_dict() == {"cat": 14, "dog": 14}
    assert split.groupby(find(rows).of_row).nunique().max() == 1
    assert failures(audit(rows.assign(split=split), assigned.promise), "error") == []
    (told,) = assigned.notes
    assert told.startswith(
        "the column of given splits names no val: 28 of 160 train rows are val now, test is as it was"
    )


@given(manifests())
def test_a_val_taken_from_train_leaves_test_and_divided_groups_alone(rows: pd.DataFrame) -> None:
    rows = rows.assign(given_split=rows["given_split"].where(rows["given_split"] != "val"))
    for leaks in ("refuse", "set_aside", "train"):
        split = Predefined(missing="train", leaks=leaks)(rows, 0).split
        test = rows["given_split"] == "test"
        assert leaks == "train" or set(split[test]) <= {"test"}
        across = pd.Series(split).groupby(find(rows).of_row).transform("nunique") > 1
        assert "val" not in set(split[across])
        assert leaks == "refuse" or not across.any()


def test_no_val_may_be_refused_and_a_filled_one_stays() -> None:
    rows = manifest(["cat", "dog"] * 50, given=["train"] * 80 + ["test"] * 20)
    with pytest.raises(
        DataError, match=r"names no val, .*; name some rows val, or set split\.strategy\.val: from_train"
    ):
        Predefined(val="refuse")(rows, 0)
    filled = manifest(["cat", "dog"] * 50, given=["train"] * 60 + [None] * 25 + ["test"] * 15)
    assigned = Predefined(missing="fill")(filled, 0)
    assert (set(assigned.split[:60]), assigned.notes) == ({"train"}, ())
    assert Predefined()(manifest(["cat"] * 3, given=["train", "val", "test"]), 0).notes == ()


def test_labelled_rows_without_a_split_are_refused_by_count_and_example_and_references_are_not() -> None:
    rows = manifest(["cat", "cat", None], given=["train", None, None])
    with pytest.raises(DataError, match=r"1 of 3 rows have a label but no split of their own, .* data/raw/1.png; name"):
        Predefined()(rows, 0)
    assert list(Predefined()(manifest(["cat", None], given=["test", None]), 0).split) == ["test", "train"]
    with pytest.raises(DataError, match="1 of 1 rows have a label but no split"):
        Predefined()(manifest(["cat"]).drop(columns="given_split"), 0)


@pytest.mark.parametrize(
    ("given_", "strategy", "message"),
    [
        (["0", "1"], Predefined(), "holds the number 0 of a fold; set split.strategy.folds: {count: …, fold: 0}"),
        (
            ["train", "1"],
            Predefined(folds=Folds(count=3)),
            r"mixes names \('train'\) and numbers of folds \('1'\); give",
        ),
        (["train", "1"], Predefined(), r"mixes names \('train'\) and numbers of folds \('1'\); give one or the other"),
        (
            ["train", "val"],
            Predefined(folds=Folds(count=3)),
            "names 'val', not numbers of folds; set split.strategy.folds: null",
        ),
        (
            ["0", "3"],
            Predefined(folds=Folds(count=3)),
            "holds 3; with folds of count 3 numbers go from 0 to 2, or from 1 to 3",
        ),
        (["1", "4"], Predefined(folds=Folds(count=3)), "holds 4; with folds of count 3"),
    ],
)
def test_names_and_numbers_are_not_mixed_up(given_: list[str], strategy: Predefined, message: str) -> None:
    with pytest.raises(DataError, match=message):
        strategy(manifest(["cat"] * 2, given=given_), 0)


def test_the_audit_judges_the_users_split_and_names_the_way_out() -> None:
    rows = manifest(
        ["cat", "dog"] * 30, clusters=[0, 1, 0, *range(3, 60)], given=["test", "val", "train", "train"] * 15
    )
    assigned = Predefined()(rows, 0)
    findings = audit(rows.assign(split=assigned.split), assigned.promise)
    assert [item.check for item in failures(findings, "error")] == ["cluster_overlap"]
    with pytest.raises(
        DataError, match=r"c0 in train and test; split\.strategy\.leaks: set_aside leaves the copies out"
    ):
        refuse(findings)
    repaired = Predefined(leaks="set_aside")(rows, 0)
    assert failures(audit(rows.assign(split=repaired.split), repaired.promise), "error") == []
    assert list(repaired.split[:3]) == ["test", "val", None]


def test_a_picture_of_which_a_copy_was_in_test_counts_as_test() -> None:
    rows = manifest(["cat"] * 5, given=["train", "train", "test", None, "val"])
    ids = rows["image_id"].tolist()
    copies = pd.DataFrame(
        {
            "image_id": [ids[0], ids[0], ids[2], ids[3], "gone"],
            "given_split": ["val", "test", "train", "val", "test"],
        }
    )
    found = protected(rows, copies)["given_split"]
    assert found.where(found.notna(), None).tolist() == ["test", "train", "test", "val", "val"]
    numbers = rows.assign(given_split=["0", "1", "2", None, "3"])
    same = protected(numbers, copies.assign(given_split=["1", "2", "0", "3", "1"]))["given_split"]
    assert same.tolist() == ["0", "1", "2", "3", "3"]  # only the one that had none takes its copy's
    assert protected(rows, copies[:0]) is rows
    mixed = rows.assign(given_split=["0", None, None, None, "3"])
    copies = pd.DataFrame({"image_id": [*ids[:3], ids[2]], "given_split": ["test", "test", "3", "1"]})
    found = protected(mixed, copies)["given_split"]
    assert found.where(found.notna(), None).tolist() == ["0", "test", "1", None, "3"]
    assert np.array_equal(rows["given_split"].isna(), [False, False, False, True, False])
