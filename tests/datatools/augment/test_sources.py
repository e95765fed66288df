from pathlib import Path

import pandas as pd
import pytest

from datatools.augment.mixup import MixUp
from datatools.augment.plan import plan
from datatools.augment.sources import Sources, check, select
from datatools.errors import DataError
from tests.datatools.augment.gallery import gallery


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    return gallery()


def chosen(rows: pd.DataFrame) -> Sources:
    return select(rows, dict(zip(rows["image_id"], rows["path"], strict=True)), {})


def test_parents_are_labelled_train_rows_and_references_train_or_unlabelled(rows: pd.DataFrame) -> None:
    sources = chosen(rows)
    train, unlabelled = rows["split"] == "train", rows["split"].isna() & rows["label"].isna()
    assert [item.image_id for item in sources.parents] == sorted(rows.loc[train, "image_id"])
    assert [item.image_id for item in sources.references] == sorted(rows.loc[train | unlabelled, "image_id"])
    assert all(item.label is not None for item in sources.parents)


def test_a_reference_in_the_cluster_of_a_held_out_row_is_left_out(rows: pd.DataFrame) -> None:
    spare = rows.index[rows["split"].isna()][0]
    rows.loc[spare, "cluster_id"] = rows.loc[rows["split"] == "test", "cluster_id"].iloc[0]
    assert rows.loc[spare, "image_id"] not in {item.image_id for item in chosen(rows).references}


def test_a_reference_in_the_users_group_of_a_held_out_row_is_left_out_also_through_others(rows: pd.DataFrame) -> None:
    spare, test = rows.index[rows["split"].isna()][0], rows.index[rows["split"] == "test"][0]
    between = rows.index[rows["split"].isna()][1]
    rows["group_id"] = rows["group_id"].astype(object)
    rows.loc[[spare, between], "group_id"] = "patient"
    rows.loc[between, "cluster_id"] = rows.loc[test, "cluster_id"]
    assert not {rows.loc[spare, "image_id"], rows.loc[between, "image_id"]} & {
        item.image_id for item in chosen(rows).references
    }


def test_images_of_one_group_are_never_mixed(rows: pd.DataFrame) -> None:
    train = rows.index[rows["split"] == "train"]
    rows["group_id"] = [f"patient {place % 2}" if place in train else None for place in rows.index]
    recipes = plan(chosen(rows), [MixUp(probability=1.0, copies=3)], [{}], 0, None)
    group = rows.set_index("image_id")["group_id"]
    assert recipes
    for recipe in recipes:
        first, second = (group[parent.image_id] for parent in recipe.parents)
        assert first != second


def test_a_labelled_row_outside_every_split_is_not_used(rows: pd.DataFrame) -> None:
    spare = rows.index[rows["split"].isna()][0]
    rows.loc[spare, "label"] = "cat"
    sources = chosen(rows)
    assert rows.loc[spare, "image_id"] not in {item.image_id for item in (*sources.parents, *sources.references)}


@pytest.mark.parametrize("split", ["val", "test"])
def test_unlabelled_rows_of_a_held_out_split_are_not_used(rows: pd.DataFrame, split: str) -> None:
    rows.loc[rows["split"] == split, "label"] = None
    held_out = set(rows.loc[rows["split"].isin(["val", "test"]), "image_id"])
    sources = chosen(rows)
    assert held_out.isdisjoint(item.image_id for item in (*sources.parents, *sources.references))


def test_the_check_finds_a_held_out_row(rows: pd.DataFrame) -> None:
    train, test = (rows.loc[rows["split"] == name, "image_id"].iloc[0] for name in ("train", "test"))
    check([train], rows)
    with pytest.raises(DataError, match=f"{test} is a val or test row"):
        check([train, test], rows)


def test_changed_pixels_have_their_own_identity_and_a_missing_row_is_an_error(rows: pd.DataFrame) -> None:
    paths = dict(zip(rows["image_id"], rows["path"], strict=True))
    first = rows["image_id"].iloc[0]
    changed = select(rows, paths, {first: "other"})
    assert {item.pixels for item in changed.parents if item.image_id == first} == {"other"}
    assert all(item.pixels == item.image_id for item in changed.parents if item.image_id != first)
    del paths[first]
    with pytest.raises(DataError, match=f"{first}: has no row in the table of pixels"):
        select(rows, paths, {})
