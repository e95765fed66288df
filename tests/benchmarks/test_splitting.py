import numpy as np
import pandas as pd
import pytest

from benchmarks import growth, manifests, planted_leaks, shares
from datatools.split.labels import incidence

SPLIT = np.array([0, 0, 0, 0, 1, 1, 2, 2])
HAS = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [1, 1], [0, 0], [0, 0], [0, 0]], dtype=bool)


def test_the_measures_are_their_formulas() -> None:
    overall = np.array([3 / 8, 2 / 8])
    inside = np.array([[2 / 4, 1 / 4], [1 / 2, 1 / 2], [0, 0]])
    assert shares.deviation(SPLIT, HAS, 3) == pytest.approx(3 / 8)
    odds = np.abs(inside / (1 - inside) - overall / (1 - overall)).mean()
    assert shares.label_distribution(SPLIT, HAS, 3) == pytest.approx(odds)
    assert shares.without(SPLIT, HAS, 3) == 2
    assert shares.examples(SPLIT, (0.5, 0.25, 0.25)) == 0
    assert shares.examples(SPLIT, (0.75, 0.125, 0.125)) == pytest.approx(4 / 3)


def test_a_perfect_split_measures_zero() -> None:
    has = np.tile(np.array([[True, False], [False, True]]), (6, 1))
    split = np.repeat([0, 1, 2], 4)
    assert shares.deviation(split, has, 3) == shares.label_distribution(split, has, 3) == 0


def test_a_drawn_table_has_its_rows_and_groups() -> None:
    rows = manifests.grouped(1000, 200, 0)
    assert (len(rows), rows["image_id"].nunique(), rows["cluster_id"].nunique()) == (1000, 1000, 200)


def test_a_cluster_bears_the_id_of_its_smallest_image() -> None:
    rows = manifests.grouped(300, 60, 0)
    smallest = rows.groupby("cluster_id")["image_id"].min()
    assert (smallest == smallest.index).all()


def test_labels_of_several_classes_say_what_was_drawn() -> None:
    has = manifests.labels(500, 12, 0)
    assert has.sum(axis=0).min() >= 6
    assert has.sum(axis=0)[0] == 200
    rows = manifests.multi_label(has, np.arange(500))
    place, names = incidence(rows["label"], "|")
    told = np.zeros_like(has)
    told[place, [int(name[1:]) for name in names]] = True
    assert (told == has).all()


@pytest.mark.parametrize("tie", ["apart", "tied"])
def test_a_table_grows_at_its_end(tie: growth.Tie) -> None:
    before, after = growth.grown(400, tie, 0)
    assert before["image_id"].tolist() == after["image_id"][: len(before)].tolist()
    assert len(after) - len(before) == pytest.approx(400, rel=0.35)
    late = after.iloc[len(before) :]
    joined = late["cluster_id"].isin(after["cluster_id"][: len(before)])
    assert joined.any() == (tie == "tied")
    for rows in (before, after):
        smallest = rows.groupby("cluster_id")["image_id"].min()
        assert (smallest == smallest.index).all()


@pytest.mark.parametrize("tie", ["apart", "tied"])
def test_anchored_images_stay(tie: growth.Tie) -> None:
    before, after = growth.grown(100, tie, 0)
    agreed = growth.stratified(before, 0)
    assert growth.changed(agreed, growth.anchored(before, agreed, after, 0)) == 0
    if tie == "apart":
        assert growth.changed(growth.hashed(before, 0), growth.hashed(after, 0)) == 0


def test_changes_are_counted_in_per_cent() -> None:
    assert growth.changed(np.array(["train", "val"]), np.array(["train", "test", "val"])) == 50


def test_the_peer_divides_whole_groups_into_sevenths() -> None:
    rows = manifests.grouped(700, 300, 0)
    part = growth.stratified_group_k_fold(rows, 0)
    assert np.bincount(part) / 700 == pytest.approx(np.array([5, 1, 1]) / 7, abs=0.02)
    assert pd.Series(part).groupby(rows["cluster_id"]).nunique().max() == 1


def test_every_planted_leak_is_caught() -> None:
    found = list(planted_leaks.lines())
    assert found
    assert [line.what for line in found if not line.met] == []
