import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from datatools.split import Hashed
from datatools.split.fractions import Fractions
from datatools.split.groups import find
from datatools.split.hashed import names, unit
from tests.datatools.split.tables import manifest, manifests


@given(manifests(fewest=2), st.data())
def test_a_row_moves_only_if_the_name_of_its_group_changes(rows: pd.DataFrame, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)).filter(any))
    some = rows[kept].reset_index(drop=True)
    before, after = Hashed()(some, 0).split, Hashed()(rows, 0).split[np.array(kept)]
    old = np.array(names(some, find(some)))[find(some).of_row]
    new = np.array(names(rows, find(rows)))[find(rows).of_row][np.array(kept)]
    same = (old == new).all(axis=1)
    assert list(before[same]) == list(after[same])


@given(manifests())
def test_single_images_without_a_group_of_their_own_never_move(rows: pd.DataFrame) -> None:
    single = manifest(["cat", None, "dog"], clusters=["x", "y", "z"])
    single["image_id"] = [f"{place}" * 64 for place in "abc"]
    assert list(Hashed()(pd.concat([single, rows]), 4).split[:3]) == list(Hashed()(single, 4).split)


@given(manifests(fewest=2), st.data())
def test_deleting_images_moves_none_while_each_group_holds_together_and_keeps_the_row_that_names_it(
    rows: pd.DataFrame, data: st.DataObject
) -> None:
    group = find(rows).of_row
    bears = rows["group_id"].where(rows["group_id"].notna(), "~" + rows["cluster_id"])
    namers = set(bears.groupby(group).idxmin())
    kept = [place in namers or data.draw(st.booleans()) for place in range(len(rows))]
    some = rows[kept].reset_index(drop=True)
    whole = pd.Series(find(some).of_row).groupby(group[kept]).nunique().max() == 1
    assert not whole or list(Hashed()(some, 0).split) == list(Hashed()(rows, 0).split[np.array(kept)])


def test_what_the_guarantee_leaves_open_does_happen() -> None:
    tied = manifest(["cat"] * 3, clusters=["k", "k", "m"], groups=["a", "b", "b"])
    ids = sorted(tied["image_id"])
    copies = tied.assign(image_id=ids, cluster_id=ids[0], group_id=None)
    renamed = copies[1:].assign(cluster_id=ids[1])  # what deduplicate says once the smallest is deleted
    for before, after in ((tied, tied[1:]), (copies, renamed)):
        moved = sum((Hashed()(before, seed).split[1:] != Hashed()(after, seed).split).any() for seed in range(40))
        assert 5 < moved < 35


def test_a_patient_stays_when_photos_of_him_come_and_go() -> None:
    rows = manifest(["cat"] * 40, groups=["p7"] * 20 + ["p8"] * 20)
    for kept in (rows[5:25], rows[19:], rows[:1]):
        assert set(Hashed()(kept, 0).split) <= set(Hashed()(rows, 0).split[kept.index])


def test_a_cluster_is_named_by_its_id_whichever_copy_was_kept() -> None:
    one = manifest(["cat"], clusters=["k"])
    other = one.assign(image_id=["f" * 64])
    assert names(one, find(one)) == names(other, find(other)) == [("cluster", "ck")]


@given(st.sampled_from([("val", 0.15, 0.3), ("test", 0.1, 0.4)]))
def test_a_larger_share_takes_rows_from_train_alone(case: tuple[str, float, float]) -> None:
    name, small, large = case
    rows = manifest(["cat"] * 300)
    splits = []
    for share in (small, large):
        shares = {"val": 0.2, "test": 0.2, name: share}
        splits.append(Hashed(fractions=Fractions(train=1 - sum(shares.values()), **shares))(rows, 0).split)
    moved = splits[0] != splits[1]
    assert moved.any()
    assert set(splits[0][moved]) == {"train"}
    assert set(splits[1][moved]) == {name}


def test_hashes_are_uniform_and_never_change() -> None:
    drawn = [unit(0, "cluster", str(number)) for number in range(2000)]
    assert kstest(drawn, "uniform").pvalue > 0.01
    assert unit(0, "group", "patient 7") == 0.8960788091173784  # teams rely on it
