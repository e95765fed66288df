"""What every strategy promises, tried on each of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from datatools.manifest import SPLITS
from datatools.split import Random, Stratified
from datatools.split.assignment import Splitter
from datatools.split.groups import find
from tests.datatools.split.tables import STRATEGIES, manifest, manifests

every = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES.keys())


@every
@given(rows=manifests(fewest=2))
def test_a_group_is_never_in_two_splits(strategy: Splitter, rows: pd.DataFrame) -> None:
    split = pd.Series(strategy(rows, 0).split)
    assert all(len(set(part.dropna())) <= 1 for _, part in split.groupby(find(rows).of_row))


@every
@given(rows=manifests(fewest=2))
def test_the_order_of_the_rows_does_not_matter(strategy: Splitter, rows: pd.DataFrame) -> None:
    straight, turned = strategy(rows, 3), strategy(rows.iloc[::-1].reset_index(drop=True), 3)
    assert list(straight.split) == list(turned.split)[::-1]
    assert list(straight.why) == list(turned.why)[::-1]
    assert straight.set_aside() == turned.set_aside()


@every
@given(rows=manifests(fewest=2))
def test_each_row_has_a_split_or_a_reason(strategy: Splitter, rows: pd.DataFrame) -> None:
    assigned = strategy(rows, 0)
    assert all((split in SPLITS) != bool(why) for split, why in zip(assigned.split, assigned.why, strict=True))
    assert sum(assigned.set_aside().values()) == sum(split is None for split in assigned.split)


@every
def test_the_index_of_the_frame_does_not_matter(strategy: Splitter) -> None:
    rows = manifest(["cat", "dog"] * 20, domains=["a", "b"] * 20, days=[2.0 * day for day in range(40)])
    assert list(strategy(rows, 0).split) == list(strategy(rows.set_index(rows.index[::-1] + 7), 0).split)


@pytest.mark.parametrize("strategy", [Random(), Stratified()])
def test_another_seed_is_another_split_of_the_same_kind(strategy: Splitter) -> None:
    rows = manifest(["cat", "dog"] * 50)
    first, again, other = (strategy(rows, seed).split for seed in (0, 0, 1))
    assert list(first) == list(again)
    assert list(first) != list(other)
    assert sorted(first) == sorted(other)


@given(manifests())
def test_random_keeps_the_shares_of_rows(rows: pd.DataFrame) -> None:
    split = Random()(rows, 0).split
    found = find(rows)
    labelled = found.with_any(rows["label"].notna().to_numpy())
    for part in (labelled, ~labelled):
        inside, largest = part[found.of_row], found.sizes()[part].max(initial=0)
        for name, share in zip(SPLITS, (0.7, 0.15, 0.15), strict=True):
            off = (split[inside] == name).sum() - share * inside.sum()
            assert -1.5 * largest - 1e-9 <= off <= largest + 1e-9


def test_stratified_gives_single_rows_of_each_class_their_quota() -> None:
    rows = manifest([name for name, count in (("cat", 200), ("dog", 100), ("emu", 20)) for _ in range(count)])
    split = Stratified()(rows, 0).split
    for name, count in (("cat", 200), ("dog", 100), ("emu", 20)):
        found = [int(((rows["label"] == name).to_numpy() & (split == part)).sum()) for part in SPLITS]
        assert np.abs(np.array(found) - count * np.array([0.7, 0.15, 0.15])).max() <= 1


def test_many_small_classes_do_not_add_up_to_a_lopsided_split() -> None:
    rows = manifest([f"class {number // 3}" for number in range(3000)])
    split = Stratified()(rows, 0).split
    assert abs((split == "test").mean() - 0.15) < 0.02
    assert abs((split == "val").mean() - 0.15) < 0.02


@pytest.mark.parametrize(("rows", "classes"), [(100, 60), (300, 200), (90, 30), (4, 2), (200, 40), (3000, 600)])
def test_classes_too_small_to_be_shared_do_not_overfill_train(rows: int, classes: int) -> None:
    table = manifest([f"c{number % classes}" for number in range(rows)])
    split = Stratified()(table, 0).split
    for name, share in zip(SPLITS, (0.7, 0.15, 0.15), strict=True):
        assert abs((split == name).sum() - share * rows) <= 1
    assert set(table["label"][split == "train"]) == set(table["label"])


@pytest.mark.parametrize("strategy", [Random(), Stratified()])
def test_a_few_labelled_rows_among_many_without_are_shared_out(strategy: Splitter) -> None:
    rows = manifest(["cat", "dog"] * 4 + [None] * 300)
    split = strategy(rows, 0).split[:8]
    assert {name: int((split == name).sum()) for name in SPLITS} == {"train": 6, "val": 1, "test": 1}


def test_unlabelled_rows_are_spread_like_a_class() -> None:
    rows = manifest(["cat"] * 100 + [None] * 100)
    split = Stratified()(rows, 0).split[100:]
    assert [int((split == name).sum()) for name in SPLITS] == [70, 15, 15]
