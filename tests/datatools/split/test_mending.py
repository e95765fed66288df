import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from datatools.split import Stratified, greedy
from datatools.split.costs import add, growth, relief
from datatools.split.greedy import FREE
from datatools.split.groups import find
from datatools.split.mending import mend
from tests.datatools.split.tables import manifest

ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), min_size=1, max_size=50)
SHARES = (0.7, 0.15, 0.15)


def numbered(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return (np.unique([row[part] for row in rows], return_inverse=True)[1] for part in (0, 1))


@given(ROWS, st.data())
def test_train_lacks_a_class_only_if_no_free_group_of_it_can_be_spared(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    of_row, classes = numbered(rows)
    count, needed = int(of_row.max()) + 1, classes.max() + 1
    fixed = np.array(data.draw(st.lists(st.sampled_from([FREE, FREE, 0, 1, 2]), min_size=count, max_size=count)))
    placed = greedy.assign(of_row, classes, np.arange(count), SHARES, fixed, needed)
    assert np.array_equal(placed[fixed >= 0], fixed[fixed >= 0])
    for class_ in set(range(needed)) - set(classes[placed[of_row] == 0]):
        for group in set(of_row[classes == class_]):
            assert fixed[group] >= 0 or (placed == placed[group]).sum() == 1


@given(ROWS, st.lists(st.integers(0, 2), min_size=13, max_size=13))
def test_mending_takes_no_class_from_train_and_counts_right(rows: list[tuple[int, int]], drawn: list[int]) -> None:
    of_row, classes = numbered(rows)
    count, needed = of_row.max() + 1, classes.max() + 1
    placed = np.array(drawn[:count])
    pairs = greedy._pairs_of_groups(of_row, greedy._with_total(classes), count)
    wanted = greedy._quotas(classes, SHARES)
    have = [[0.0] * (needed + 1) for _ in SHARES]
    for group in range(count):
        add(pairs[group], have[placed[group]])
    mended = mend(pairs, placed, wanted, have, needed, np.ones(count, dtype=bool))
    assert set(classes[placed[of_row] == 0]) <= set(classes[mended[of_row] == 0])
    assert set(placed) <= set(mended)
    for split in range(3):
        inside = mended[of_row] == split
        assert have[split] == [inside.sum(), *np.bincount(classes[inside], minlength=needed)]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20), st.floats(0.1, 9)), min_size=1, max_size=4))
def test_joining_and_leaving_change_the_distance_as_they_should(classes: list[tuple[int, int, float]]) -> None:
    pairs = [(place, count) for place, (count, _, _) in enumerate(classes)]
    without, wanted = [float(have) for _, have, _ in classes], [quota for _, _, quota in classes]
    full = without.copy()
    add(pairs, full)

    def distance(have: list[float]) -> float:
        return sum((own - quota) ** 2 / quota for own, quota in zip(have, wanted, strict=True))

    assert np.isclose(growth(pairs, without, wanted), distance(full) - distance(without))
    assert np.isclose(relief(pairs, full, wanted), distance(without) - distance(full))


def lumpy(seed: int) -> pd.DataFrame:
    """Few rows of twelve uneven classes in groups of very different size."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(4, 40))
    rows = int(groups * rng.integers(2, 8))
    of_row = np.concatenate(
        [np.arange(groups), rng.choice(groups, rows - groups, p=rng.dirichlet(np.full(groups, 0.5)))]
    )
    classes = rng.choice(12, rows, p=rng.dirichlet(np.full(12, 0.5)))
    return manifest([f"c{number}" for number in classes], clusters=of_row)


def test_lumpy_sets_hardly_ever_leave_train_without_a_class() -> None:
    lacking = []
    for seed in range(100):
        rows = lumpy(seed)
        split = Stratified()(rows, 0).split
        if set(rows["label"]) - set(rows["label"][split == "train"]):
            lacking.append(seed)
            outside = [part for _, part in rows[split != "train"].groupby(find(rows).of_row[split != "train"])]
            assert len(outside) <= 2  # a group more in train would empty val or test
    assert len(lacking) <= 2
