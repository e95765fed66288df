from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.manifest import SPLITS
from datatools.split import LeaveOneDomainOut, Predefined, Random, Stratified, greedy, iterative
from datatools.split.given import Given
from datatools.split.groups import find
from datatools.split.labels import Labels, classes_of
from tests.datatools.split.tables import manifest

SHARES = (0.7, 0.15, 0.15)
TABLES = st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(0, 3), max_size=3)), min_size=1, max_size=40)
Incidence = tuple[np.ndarray, np.ndarray]


def incident(named: list[set[int]]) -> Incidence:
    pairs = [(row, name) for row, names in enumerate(named) for name in sorted(names)]
    return np.array([row for row, _ in pairs], dtype=int), np.array([name for _, name in pairs], dtype=int)


def turns(groups: list[int], named: list[set[int]]) -> list[int]:
    """The order of the paper, with everything counted anew at each step."""
    found: list[int] = []
    while len(found) < len(set(groups)):
        waiting = [row for row, group in enumerate(groups) if group not in found]
        left = {name: sum(name in named[row] for row in waiting) for name in range(4)}
        name = min((name for name in left if left[name]), key=lambda name: (left[name], name), default=None)
        found += sorted({groups[row] for row in waiting if name is None or name in named[row]})
    return found


def published(groups: np.ndarray, named: list[set[int]], order: list[int]) -> np.ndarray:
    """Algorithm 1 of Sechidis et al. with groups for rows: each goes where most rows of the class whose turn it is are still wanted."""
    classes = sorted(set().union(*named))
    counts = {
        group: [sum(name in named[row] for row in np.flatnonzero(groups == group)) for name in classes]
        for group in order
    }
    left = np.sum(list(counts.values()), axis=0)
    wants, room = np.outer(SHARES, left), np.array(SHARES) * len(groups)
    placed: dict[int, int] = {}
    while left.any():
        name = min(np.flatnonzero(left), key=lambda place: left[place])
        for group in order:
            if group not in placed and counts[group][name]:
                part = max(range(3), key=lambda part: (wants[part, name], room[part]))
                placed[group] = part
                wants[part] -= counts[group]
                room[part] -= (groups == group).sum()
                left = left - counts[group]
    return np.array([placed[group] for group in groups])


@given(TABLES)
def test_the_class_with_the_fewest_rows_left_has_its_turn(rows: list[tuple[int, set[int]]]) -> None:
    groups = np.unique([group for group, _ in rows], return_inverse=True)[1]
    named = [names for _, names in rows]
    order = np.arange(groups.max() + 1)
    found = iterative.rarest_first(iterative._pairs(groups, incident(named), len(order)), order)
    assert found == turns(groups.tolist(), named)


@given(TABLES)
def test_with_one_class_a_row_it_is_the_greedy_assignment_in_that_order(rows: list[tuple[int, set[int]]]) -> None:
    groups = np.unique([group for group, _ in rows], return_inverse=True)[1]
    classes = np.array([min(names, default=3) for _, names in rows])
    order = np.arange(groups.max() + 1)
    incidence = (np.arange(len(rows)), classes)
    sequence = iterative.rarest_first(iterative._pairs(groups, incidence, len(order)), order)
    assert np.array_equal(
        iterative.assign(groups, incidence, order, SHARES),
        greedy.assign(groups, classes, np.array(sequence), SHARES),
    )


def tagged(rows: int, seed: int = 0) -> pd.DataFrame:
    """Groups of three rows with one to four of 25 tags, of which many are rare and some go together."""
    rng = np.random.default_rng(seed)
    share = np.geomspace(0.4, 0.01, 25)
    flags = rng.random((rows, 25)) < share
    flags[:, 1] |= flags[:, 0] & (rng.random(rows) < 0.7)
    flags[~flags.any(axis=1), 2] = True
    labels = ["|".join(f"tag {place:02}" for place in np.flatnonzero(row)) for row in flags]
    return manifest(labels, clusters=[place // 3 for place in range(rows)])


def off(rows: pd.DataFrame, split: np.ndarray, classes: int) -> float:
    """How far the shares of val and test among rows with a class (or with a pair of classes) are from .15, on average."""
    found = []
    named = [set(classes_of(label, "|")) for label in rows["label"]]
    for wanted in combinations(sorted(set().union(*named)), classes):
        has = np.array([set(wanted) <= names for names in named])
        if has.sum() >= 10:
            found += [abs((split[has] == name).mean() - 0.15) for name in ("val", "test")]
    return float(np.mean(found))


def test_shares_of_classes_are_kept_where_other_strategies_leave_them_to_chance() -> None:
    rows, given_ = tagged(900), Given(labels=Labels(separator="|"))
    ours = off(rows, Stratified()(rows, 0, given_).split, 1)
    assert ours < 0.02
    assert ours < off(rows, Random()(rows, 0).split, 1) / 2
    assert ours < off(rows, Stratified()(rows, 0).split, 1) / 1.5  # each combination as a class of its own


def test_pairs_of_classes_are_kept_too_if_asked() -> None:
    rows = tagged(900)
    with_pairs, without = (
        off(rows, Stratified()(rows, 0, Given(labels=Labels(separator="|", pairs=pairs))).split, 2)
        for pairs in (True, False)
    )
    assert with_pairs < 0.8 * without


def test_whole_groups_are_divided_better_than_by_the_published_choice() -> None:
    wins = 0
    for seed in range(4):
        rows = tagged(300, seed)
        named = [{int(name[-2:]) for name in classes_of(label, "|")} for label in rows["label"]]
        found = find(rows)
        theirs = published(found.of_row, named, found.largest_first(0).tolist())
        ours = Stratified()(rows, 0, Given(labels=Labels(separator="|"))).split
        wins += off(rows, ours, 1) < off(rows, np.array(SPLITS, dtype=object)[theirs], 1)
        assert abs((ours == "train").mean() - 0.7) < 0.02
    assert wins >= 3


@pytest.mark.parametrize(
    "strategy", [Stratified(), LeaveOneDomainOut(target="a"), Predefined(missing="fill", leaks="set_aside")]
)
@pytest.mark.parametrize("pairs", [False, True])
def test_groups_stay_whole_and_the_order_of_the_rows_does_not_matter(strategy: Stratified, pairs: bool) -> None:
    rows = tagged(90).assign(
        domain=["a", "b", "b"] * 30, given_split=pd.Series(["test"] * 9 + [None] * 81, dtype=object)
    )
    given_ = Given(labels=Labels(separator="|", pairs=pairs))
    split = strategy(rows, 3, given_).split
    assert pd.Series(split).groupby(find(rows).of_row).nunique().max() == 1
    assert list(strategy(rows[::-1].reset_index(drop=True), 3, given_).split) == list(split)[::-1]
    assert set(split) - {None} == set(SPLITS)


def test_anchored_groups_stay() -> None:
    rows, labels = tagged(300), Labels(separator="|")
    anchors = np.where(np.arange(300) < 90, 2, -1)
    split = Stratified()(rows, 0, Given(anchors, labels)).split
    assert set(split[:90]) == {"test"}
    assert (split == "test").sum() == 90  # twice its share: nothing is added
