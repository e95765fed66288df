"""Cross-validation: over all folds of one seed, each row is test once."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError, SettingsError
from datatools.settings import parse
from datatools.split import Hashed, LeaveOneDomainOut, Predefined, Random, Stratified, Temporal
from datatools.split.assignment import Splitter
from datatools.split.folds import Folds
from datatools.split.groups import find
from datatools.split.unlabelled import release
from tests.datatools.split.tables import manifest, manifests


def folds(method: type, count: int, **settings: object) -> list[Splitter]:
    return [method(folds=Folds(count=count, fold=fold), **settings) for fold in range(count)]


def times_test(strategies: list[Splitter], rows: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """In how many folds each row is test."""
    return sum((strategy(rows, seed).split == "test").astype(int) for strategy in strategies)


@pytest.mark.parametrize("method", [Stratified, Random, Hashed])
@given(rows=manifests(), count=st.integers(3, 6), seed=st.integers(0, 3))
def test_each_row_is_test_once_and_val_once_and_groups_stay_whole(
    method: type, rows: pd.DataFrame, count: int, seed: int
) -> None:
    found = [strategy(rows, seed).split for strategy in folds(method, count)]
    for name in ("test", "val"):
        assert (sum((split == name).astype(int) for split in found) == 1).all()
    group = find(rows).of_row
    assert all(pd.Series(split).groupby(group).nunique().max() == 1 for split in found)


@given(manifests(), st.integers(3, 5))
def test_a_column_of_fold_numbers_is_taken_as_it_is(rows: pd.DataFrame, count: int) -> None:
    numbers = [str(place % count) if place % 4 else None for place in range(len(rows))]
    rows = rows.assign(given_split=pd.Series(numbers, dtype=object))
    for fold, strategy in enumerate(folds(Predefined, count, missing="train")):
        test = strategy(rows, 0).split == "test"
        assert test[[number == str(fold) for number in numbers]].all()
    for leaks in ("refuse", "set_aside"):
        for missing in ("train", "fill"):
            times = times_test(folds(Predefined, count, missing=missing, leaks=leaks), rows)
            assert times.max() <= 1
            assert (times[[number is not None for number in numbers]] == 1).all()
            assert missing == "train" or (times == 1).all()


@given(manifests(fewest=3))
def test_each_row_is_test_in_the_fold_of_its_domain_or_its_group_spans_domains(rows: pd.DataFrame) -> None:
    domains = sorted(rows["domain"][rows["label"].notna()].unique())
    if len(domains) < 2:
        return
    strategies = folds(LeaveOneDomainOut, len(domains))
    spans = rows["domain"].groupby(find(rows).of_row).transform("nunique").to_numpy() > 1
    for domain, strategy in zip(domains, strategies, strict=True):
        test = strategy(rows, 0).split == "test"
        assert set(rows["domain"][test]) <= {domain}
        assert test[~spans & (rows["domain"] == domain).to_numpy()].all()


@given(st.lists(st.integers(0, 40), min_size=10, max_size=60).filter(lambda days: len(set(days)) >= 7))
def test_windows_expand_and_test_on_each_later_period_once(days: list[int]) -> None:
    rows = manifest(["cat"] * len(days), days=days)
    strategies = folds(Temporal, 5)
    splits = [pd.Series(strategy(rows, 0).split) for strategy in strategies]
    for earlier, later in pairwise(splits):
        assert set(rows.index[later == "train"]) == set(rows.index[earlier.isin(["train", "val"])])
        assert (later[earlier == "test"] == "val").all()
    times = times_test(strategies, rows)
    assert ((times == 1) | splits[0].isin(["train", "val"])).all()
    assert times.max() == 1
    assert all(set(split.dropna()) == {"train", "val", "test"} for split in splits)


def test_what_comes_after_the_test_window_is_set_aside_and_said() -> None:
    rows = manifest(["cat"] * 60, days=range(60))
    first, last = (folds(Temporal, 4)[fold](rows, 0) for fold in (0, 3))
    assert list(pd.Series(first.split).fillna("-")) == ["train"] * 10 + ["val"] * 10 + ["test"] * 10 + ["-"] * 30
    assert first.set_aside() == {"after the test window of this fold": 30}
    assert last.set_aside() == {}


def test_folds_are_of_equal_size_and_stratified() -> None:
    rows = manifest(["cat"] * 100 + ["dog"] * 50)
    for strategy in folds(Stratified, 5):
        split = strategy(rows, 1).split
        assert [(split[:100] == "test").sum(), (split[100:] == "test").sum()] == [20, 10]


def test_a_domain_without_labels_is_no_fold() -> None:
    rows = manifest(["cat", "dog"] * 40 + [None] * 20, domains=["a"] * 40 + ["b"] * 40 + ["t"] * 20)
    for domain, strategy in zip("ab", folds(LeaveOneDomainOut, 2), strict=True):
        split = release(rows, strategy(rows, 0)).split
        assert set(rows["domain"][split == "test"]) == {domain}
        assert {None, "train", "val", "test"} == set(split)


def test_periods_are_of_labelled_rows() -> None:
    rows = manifest(["cat"] * 50 + [None] * 50, days=range(100))
    for strategy in folds(Temporal, 3):
        split = release(rows, strategy(rows, 0)).split
        assert [(split == name).sum() for name in ("val", "test")] == [10, 10]


@pytest.mark.parametrize("first", [0, 1])
def test_given_folds_may_be_numbered_from_one_which_is_told(first: int) -> None:
    rows = manifest(["cat", "dog"] * 25, given=[str(place % 5 + first) for place in range(50)])
    for fold, strategy in enumerate(folds(Predefined, 5)):
        assigned = strategy(rows, 0)
        assert set(rows["given_split"][assigned.split == "test"]) == {str(fold + first)}
        told = f"the given folds are numbered from 1 to 5: fold {fold} tests on number {fold + 1}"
        assert assigned.notes == ((told,) if first else ())


def test_folds_and_domains_must_agree() -> None:
    rows = manifest(["cat"] * 6, domains=["a", "b", "c"] * 2)
    with pytest.raises(
        DataError,
        match=r"^split.strategy.folds.count: must be the number of domains that have labels, 3 \('a', 'b', 'c'\), got 4$",
    ):
        LeaveOneDomainOut(folds=Folds(count=4))(rows, 0)


@pytest.mark.parametrize(
    ("method", "values", "message"),
    [
        (Stratified, {"folds": {"count": 5, "fold": 5}}, "s.folds: fold must be below count = 5, got 5"),
        (
            Random,
            {"folds": {"count": 2}},
            "s.folds: count must be at least 3, one part each for test, val and train, got 2",
        ),
        (Hashed, {"folds": {"parts": 2}}, "s.folds.parts: unknown key; known keys: count, fold"),
        (
            Temporal,
            {"folds": {"count": 2}, "val_from": "2024-01-01", "test_from": "2025-01-01"},
            "s: dates and folds exclude each other: give val_from and test_from, or folds",
        ),
        (LeaveOneDomainOut, {}, "s: give either target or folds: the domain to test on, or each in turn"),
        (
            LeaveOneDomainOut,
            {"folds": {"count": 2}, "sources": ["a"]},
            "s: sources and folds exclude each other: with folds, all other domains are the sources",
        ),
    ],
)
def test_wrong_settings_are_one_line(method: type, values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(method, values, "s")
    assert str(caught.value) == message
