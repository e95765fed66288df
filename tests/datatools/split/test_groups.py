import numpy as np
import pandas as pd
from hypothesis import given

from datatools.split import groups
from tests.datatools.split.tables import manifest, manifests


def joined_one_by_one(rows: pd.DataFrame) -> list[frozenset[str]]:
    """The definition: rows that share a cluster or a group are joined until nothing changes."""
    sets = [{row} for row in range(len(rows))]
    for column in ("cluster_id", "group_id"):
        for name in rows[column].dropna().unique():
            tied = {row for row in range(len(rows)) if rows[column].iloc[row] == name}
            sets = [part for part in sets if not part & tied] + [set().union(*(part for part in sets if part & tied))]
    return sorted((frozenset(rows["image_id"].iloc[list(part)]) for part in sets), key=min)


@given(manifests())
def test_groups_are_the_connected_components_and_named_by_their_smallest_id(rows: pd.DataFrame) -> None:
    found = groups.find(rows)
    parts = [frozenset(rows["image_id"][found.of_row == number]) for number in range(len(found.keys))]
    assert parts == joined_one_by_one(rows)
    assert list(found.keys) == [min(part) for part in parts]
    assert list(found.sizes()) == [len(part) for part in parts]


@given(manifests())
def test_numbers_do_not_depend_on_the_order_of_the_rows(rows: pd.DataFrame) -> None:
    turned = rows.iloc[::-1].reset_index(drop=True)
    assert np.array_equal(groups.find(rows).of_row, groups.find(turned).of_row[::-1])
    assert groups.find(rows).keys == groups.find(turned).keys


def test_a_cluster_and_a_group_chain_rows_that_share_nothing() -> None:
    rows = manifest(["cat"] * 4, clusters=[0, 0, 1, 2], groups=[None, "p", "p", None])
    assert len(set(groups.find(rows).of_row[:3])) == 1
    assert len(groups.find(rows).keys) == 2


def test_a_group_keeps_its_rank_among_equals_when_others_come() -> None:
    everything = groups.find(manifest(["cat"] * 300))
    some = groups.find(manifest(["cat"] * 200))
    order = [everything.keys[number] for number in everything.largest_first(5)]
    assert [key for key in order if key in set(some.keys)] == [some.keys[number] for number in some.largest_first(5)]


def test_larger_groups_come_first() -> None:
    found = groups.find(manifest(["cat"] * 6, clusters=[0, 1, 1, 2, 2, 2]))
    assert list(found.sizes()[found.largest_first(0)]) == [3, 2, 1]
