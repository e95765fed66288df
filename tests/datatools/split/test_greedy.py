from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from datatools.split import Stratified, greedy
from tests.datatools.split.tables import random_manifest

SHARES = st.sampled_from(
    [(0.7, 0.15, 0.15), (0.5, 0.25, 0.25), (0.8, 0.1, 0.1), (0.34, 0.33, 0.33), (0.98, 0.01, 0.01)]
)
SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=30)


@given(SIZES, SHARES)
def test_no_split_is_further_from_its_quota_than_stated(sizes: list[int], shares: tuple[float, ...]) -> None:
    of_row = np.repeat(np.arange(len(sizes)), sizes)
    order = np.argsort(-np.array(sizes), kind="stable")
    placed = greedy.assign(of_row, np.zeros_like(of_row), order, shares)
    rows = np.bincount(placed, weights=sizes, minlength=3)
    for share, number in zip(shares, rows, strict=True):
        off = number - share * len(of_row)
        assert -(3 - share) / 2 * max(sizes) - 1e-9 <= off <= (1 + share) / 2 * max(sizes) + 1e-9


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=40), SHARES)
def test_each_group_goes_where_it_costs_least(rows: list[tuple[int, int]], shares: tuple[float, ...]) -> None:
    of_row = np.unique([group for group, _ in rows], return_inverse=True)[1]
    classes = np.array([class_ for _, class_ in rows])
    placed = greedy.assign(of_row, classes, np.arange(of_row.max() + 1), shares)
    counts = np.zeros((3, 5), dtype=int)
    for group in range(of_row.max() + 1):
        costs = []
        for split in range(3):
            counts_after = counts.copy()
            counts_after[split] += table_of(of_row, classes, group)
            costs.append(distance(counts_after, classes, shares))
        assert costs[placed[group]] <= min(costs) + Fraction(1, 10**9)
        counts[placed[group]] += table_of(of_row, classes, group)


def table_of(of_row: np.ndarray, classes: np.ndarray, group: int) -> np.ndarray:
    inside = classes[of_row == group]
    return np.append(np.bincount(inside, minlength=4), len(inside))


def distance(counts: np.ndarray, classes: np.ndarray, shares: tuple[float, ...]) -> Fraction:
    """Chi-square distance from the quotas, of the classes and of all rows together, in exact arithmetic."""
    totals = np.append(np.bincount(classes, minlength=4), len(classes))
    total = Fraction(0)
    for split, share in enumerate(shares):
        for class_, size in enumerate(totals):
            if size:
                quota = Fraction(share) * int(size)
                total += (int(counts[split, class_]) - quota) ** 2 / quota
    return total


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=40), SHARES, st.data())
def test_fixed_groups_stay_and_count_before_the_others_are_placed(
    rows: list[tuple[int, int]], shares: tuple[float, ...], data: st.DataObject
) -> None:
    of_row = np.unique([group for group, _ in rows], return_inverse=True)[1]
    classes = np.array([class_ for _, class_ in rows])
    order = np.arange(of_row.max() + 1)
    fixed = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=len(order), max_size=len(order))))
    placed = greedy.assign(of_row, classes, order, shares, fixed)
    assert np.array_equal(placed[fixed >= 0], fixed[fixed >= 0])
    # The same as placing them first, each where it must go: what comes later sees them all.
    first = np.concatenate([order[fixed >= 0], order[fixed < 0]])
    again = greedy.assign(of_row, classes, first, shares, fixed)
    assert np.array_equal(placed, again)
    assert np.array_equal(greedy.assign(of_row, classes, order, shares, placed), placed)
    assert np.array_equal(
        greedy.assign(of_row, classes, order, shares, np.full(len(order), -1)),
        greedy.assign(of_row, classes, order, shares),
    )


@pytest.mark.parametrize("classes", [2, 10, 60])
def test_class_shares_are_within_half_a_percent_on_large_data(classes: int) -> None:
    rows = random_manifest(20_000, 3_000, classes)
    split = pd.Series(Stratified()(rows, 0).split)
    whole = rows["label"].value_counts(normalize=True)
    for name, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        own = rows["label"][split == name].value_counts(normalize=True).reindex(whole.index, fill_value=0)
        assert (own - whole).abs().max() <= 0.005
        assert abs((split == name).mean() - share) <= 0.005
