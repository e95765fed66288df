import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.errors import DataError
from datatools.manifest import SPLITS
from datatools.split import Hashed, LeaveOneDomainOut, Predefined, Random, Stratified, Temporal, anchors
from datatools.split.assignment import Splitter
from datatools.split.folds import Folds
from datatools.split.given import Given
from datatools.split.groups import find
from tests.datatools.split.tables import image_id, manifest, manifests

ABLE: dict[str, Splitter] = {"stratified": Stratified(), "random": Random(), "hashed": Hashed()}
A, B = "a" * 64, "b" * 64
able = pytest.mark.parametrize("strategy", ABLE.values(), ids=ABLE.keys())


def split(
    strategy: Splitter, rows: pd.DataFrame, lines: dict[str, str], seed: int = 0, clusters: dict[str, str] | None = None
) -> np.ndarray:
    bound = anchors.apply(lines, rows, clusters or {}, "set_aside")
    if bound is None:
        return strategy(rows, seed).split
    return bound.set_aside(strategy(rows, seed, Given(bound.numbers))).split


@able
@given(rows=manifests(fewest=2), kept=st.integers(1, 30), seeds=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_listed_images_keep_their_split_whatever_is_added(
    strategy: Splitter, rows: pd.DataFrame, kept: int, seeds: tuple[int, int]
) -> None:
    some = rows[:kept].reset_index(drop=True)
    before = dict(zip(some["image_id"], strategy(some, seeds[0]).split, strict=True))
    after = dict(zip(rows["image_id"], split(strategy, rows, before, seeds[1]), strict=True))
    said = pd.Series([before.get(name) for name in rows["image_id"]])
    divided = said.groupby(find(rows).of_row).transform("nunique") > 1
    for name, across in zip(rows["image_id"], divided, strict=True):
        if name in before:
            assert after[name] == before[name] or (across and after[name] is None)


@able
@given(rows=manifests(), seed=st.integers(0, 3))
def test_anchoring_a_split_and_splitting_again_changes_nothing(
    strategy: Splitter, rows: pd.DataFrame, seed: int
) -> None:
    first = strategy(rows, seed).split
    lines = anchors.parse(anchors.text(dict(zip(rows["image_id"], first, strict=True))), "splits.csv")
    assert list(split(strategy, rows, lines, seed + 1)) == list(first)


@able
@given(rows=manifests(fewest=2), data=st.data())
def test_groups_stay_whole_and_the_order_of_the_rows_does_not_matter(
    strategy: Splitter, rows: pd.DataFrame, data: st.DataObject
) -> None:
    said = data.draw(st.lists(st.sampled_from([None, *SPLITS]), min_size=len(rows), max_size=len(rows)))
    lines = {name: of for name, of in zip(rows["image_id"], said, strict=True) if of}
    found = split(strategy, rows, lines)
    assert pd.Series(found).groupby(find(rows).of_row).nunique().max() == 1
    assert list(split(strategy, rows[::-1].reset_index(drop=True), lines)) == list(found)[::-1]


def test_new_groups_are_placed_so_that_shares_hold_for_all() -> None:
    rows = manifest(["cat", "dog"] * 200)
    lines = {image_id(number): "train" for number in range(200)}
    found = split(Stratified(), rows, lines)
    assert {name: int((found == name).sum()) for name in SPLITS} == {"train": 280, "val": 60, "test": 60}
    assert (found[::2] == "test").sum() == 30


def test_one_new_image_moves_none_where_it_would_move_some() -> None:
    rows = manifest(["cat", "dog", "emu"] * 36)
    old = rows[:107]
    before = Stratified()(old, 0).split
    assert (Stratified()(rows, 0).split[:107] != before).any()
    lines = dict(zip(old["image_id"], before, strict=True))
    assert list(split(Stratified(), rows, lines)[:107]) == list(before)


def test_a_picture_stays_when_a_better_copy_of_it_replaces_the_listed_one() -> None:
    rows = manifest(["cat"] * 60, clusters=["k", *range(59)])
    for name in SPLITS:
        assert split(Stratified(), rows, {A: name}, clusters={A: "ck"})[0] == name
        assert split(Stratified(), rows, {A: "train", B: name}, clusters={A: "ck", B: "ck"})[0] == name


def test_two_listed_copies_that_a_better_one_replaces_are_a_conflict_like_any_other() -> None:
    rows = manifest(["cat"] * 60, clusters=["k", *range(59)])
    lines, clusters = {A: "train", B: "test"}, {A: "ck", B: "ck"}
    with pytest.raises(
        DataError,
        match=rf"1 group is .* for example {A} \(dropped; data/raw/0.png is of its cluster\) in train and {B} .* in test",
    ):
        anchors.apply(lines, rows, clusters, "refuse")
    assert split(Stratified(), rows, lines, clusters=clusters)[0] == "test"
    assert anchors.apply({A: "test", B: "test"}, rows, clusters, "refuse") is not None
    gone = anchors.apply(lines, rows, {A: "gone", B: "gone"}, "refuse")
    assert gone is not None
    assert (gone.numbers == -1).all()


def test_lines_are_counted_by_whether_their_image_is_there() -> None:
    bound = anchors.apply({image_id(0): "test", A: "val", B: "val"}, manifest(["cat"] * 2), {A: "c1"}, "refuse")
    assert bound is not None
    assert (bound.listed, bound.absent) == (2, 1)
    assert bound.numbers.tolist() == [2, 1]
    assert anchors.apply({}, manifest(["cat"]), {}, "refuse") is None


def test_a_group_listed_in_two_splits_is_refused_by_example_or_test_stays() -> None:
    rows = manifest(["cat"] * 5, clusters=[0, 0, 0, 1, 2])
    lines = {image_id(0): "train", image_id(1): "test", image_id(3): "val"}
    with pytest.raises(
        DataError,
        match=r"^splits.csv: 1 group is listed in several splits, for example data/raw/0.png in train and data/raw/1.png in test,"
        ".*split.anchor_conflicts: set_aside",
    ):
        anchors.apply(lines, rows, {}, "refuse")
    bound = anchors.apply(lines, rows, {}, "set_aside")
    assert bound is not None
    assigned = bound.set_aside(Stratified()(rows, 0, Given(bound.numbers)))
    assert list(assigned.split[:4]) == [None, "test", "test", "val"]
    assert assigned.set_aside() == {"its group lies in test, which keeps it": 1}


@pytest.mark.parametrize(
    "strategy",
    [
        Temporal(),
        LeaveOneDomainOut(target="a"),
        Predefined(),
        *(method(folds=Folds(count=3)) for method in (Stratified, Random, Hashed)),
    ],
)
def test_strategies_that_cannot_hold_images_refuse_to(strategy: Splitter) -> None:
    rows = manifest(["cat"] * 3, days=[1, 2, 3], domains=["a", "b", "c"], given=["train", "val", "test"])
    with pytest.raises(DataError, match=r"^splits.csv: binds 1 images to a split, which .* cannot respect; leave only"):
        strategy(rows, 0, Given(np.array([0, -1, -1])))


@given(st.dictionaries(st.integers(0, 99).map(image_id), st.sampled_from(SPLITS)))
def test_what_is_written_is_read_as_it_was(lines: dict[str, str]) -> None:
    written = anchors.text(lines)
    assert anchors.parse(written, "splits.csv") == lines
    assert anchors.parse("\ufeff" + written.replace("\n", "\r\n") + ",\r\n\r\n", "splits.csv") == lines
    assert written.splitlines()[1:] == sorted(written.splitlines()[1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: must be 'image_id,split', got ''"),
        (f"{A},test\n", f"line 1: must be 'image_id,split', got '{A},test'"),
        ("image_id,split\nshort,test\n", "line 2: image_id: must be 64 lower-case hex digits, got 'short'"),
        (f"image_id,split\n\n{A},dev\n", "line 3: split: must be one of train, val, test, got 'dev'"),
        (f"image_id,split\n{A}\n", "line 2: has 1 fields, not 2"),
        (f"image_id,split\n{A},test\n{A},val\n", f"line 3: says val, and a line above says test of {A}; delete one"),
        (f'image_id,split\n{A},"test\n', "line 2: is not CSV (unexpected end of data)"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        anchors.parse(text, "splits.csv")
    assert str(caught.value) == f"splits.csv: {message}"
