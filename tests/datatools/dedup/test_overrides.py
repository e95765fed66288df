import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import overrides
from datatools.dedup.clusters import keepers
from datatools.dedup.overrides import Decisions, Override
from datatools.dedup.search import Pairs
from datatools.errors import DataError

HEAD = "decision,first,second,note\n"


def files(count: int = 6) -> pd.DataFrame:
    ids = [hashlib.sha256(str(row).encode()).hexdigest() for row in range(count)]
    return pd.DataFrame({"image_id": ids, "path": [f"data/raw/{row}.jpg" for row in range(count)]})


def row_of(frame: pd.DataFrame, path: str) -> int:
    return sorted(frame["image_id"].unique()).index(frame.set_index("path").loc[path, "image_id"])


def decided(text: str, frame: pd.DataFrame) -> Decisions:
    return overrides.resolve(overrides.parse(HEAD + text, "duplicates.csv"), frame)


def test_lines_are_read_as_spreadsheets_and_people_write_them() -> None:
    text = '\ufeffdecision,first,second,note\r\nsame,"a,1.jpg",b.jpg\r\n\r\n,,,\r\n'
    text += ' keep , c.jpg,,"logo, ""new"""\r\nsame,"a,1.jpg",b.jpg,again\r\n'
    assert overrides.parse(text, "d.csv") == (
        Override("same", "a,1.jpg", "b.jpg", "", "d.csv: line 2"),
        Override("keep", "c.jpg", "", 'logo, "new"', "d.csv: line 5"),
        Override("same", "a,1.jpg", "b.jpg", "again", "d.csv: line 6"),
    )
    assert overrides.parse(HEAD, "d.csv") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "d.csv: line 1: must be 'decision,first,second,note'; the file is empty"),
        ("decision;first;second;note\n", "d.csv: line 1: must be .*; got 'decision;first;second;note'"),
        ("same,a,b,\n", "d.csv: line 1: must be .*; got 'same,a,b,'"),
        (HEAD + "equal,a,b,\n", "d.csv: line 2: decision: must be one of same, different, keep, got 'equal'"),
        (HEAD + "same,a,,\n", "d.csv: line 2: second: is empty; same needs two images"),
        (HEAD + "different,a\n", "d.csv: line 2: second: is empty; different needs two images"),
        (HEAD + "same,,b,\n", "d.csv: line 2: first: is empty"),
        (HEAD + "keep,a,b,\n", "d.csv: line 2: second: must be empty for keep, got 'b'"),
        (HEAD + "same,a,a,\n", "d.csv: line 2: names the same image twice: 'a'"),
        (HEAD + "same,a,b,a note, unquoted\n", "d.csv: line 2: has 5 fields, not 4; put .* in quotes"),
        (HEAD + 'same,a,b,\nsame,"a,b,\n', "d.csv: line 3: is not CSV"),
        (
            HEAD + "same,a,b,\n\ndifferent,b,a,\n",
            "d.csv: line 4: says different, and line 2 says same of the same two images",
        ),
    ],
)
def test_a_line_that_makes_no_sense_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        overrides.parse(text, "d.csv")


def test_an_image_goes_by_path_identity_or_its_first_digits() -> None:
    frame = files()
    names = dict(zip(frame["path"], frame["image_id"], strict=True))
    one, other = "data/raw/1.jpg", "data/raw/4.jpg"
    pair = tuple(sorted(row_of(frame, path) for path in (one, other)))
    for first in (one, names[one], names[one][:8]):
        for second in (other, names[other], names[other][:12]):
            assert decided(f"same,{first},{second},\n", frame) == ({pair}, set(), set(), set(), ())
            assert decided(f"different,{second},{first},\n", frame) == (set(), {pair}, set(), set(), ())


def test_rows_count_distinct_images_whatever_the_order_of_the_files() -> None:
    frame = files()
    copies = pd.concat([frame, frame.assign(path="data/raw/copies/" + frame["path"].str[9:])])
    shuffled = copies.sample(frac=1, random_state=1)
    text = "same,data/raw/copies/1.jpg,data/raw/4.jpg,\nkeep,data/raw/copies/2.jpg,,\n"
    expected = decided(text.replace("copies/", ""), frame)
    found = decided(text, shuffled)
    assert found == expected._replace(keep_paths={"data/raw/copies/2.jpg"})
    assert expected.keep == {row_of(frame, "data/raw/2.jpg")}


def test_a_line_about_images_that_are_gone_is_told_and_the_rest_holds() -> None:
    frame = files()
    frame = pd.concat([frame, frame.iloc[[0]].assign(path="data/raw/twin.jpg")])
    first, last = frame["image_id"].iloc[0][:8], frame["image_id"].iloc[5]
    frame.loc[frame["path"] == "data/raw/5.jpg", "image_id"] = first + "f" * 56
    text = f"keep,data/raw/gone.jpg,,\nsame,{last},data/raw/1.jpg,\nkeep,{first},,\nkeep,{first[:7]},,\n"
    text += f"different,data/raw/0.jpg,data/raw/twin.jpg,\nsame,{frame['image_id'].iloc[0]},data/raw/twin.jpg,\nkeep,data/raw/3.jpg,,\n"
    found = decided(text, frame)
    assert found.unmatched == (
        "duplicates.csv: line 2: no image is called 'data/raw/gone.jpg'",
        f"duplicates.csv: line 3: no image is called '{last}'",
        f"duplicates.csv: line 4: '{first}' is the beginning of 2 image ids; write more digits",
        f"duplicates.csv: line 5: no image is called '{first[:7]}'",
        "duplicates.csv: line 6: both names are one file, byte for byte; there is nothing to tell apart",
    )
    assert found[:4] == (set(), set(), {row_of(frame, "data/raw/3.jpg")}, {"data/raw/3.jpg"})


def test_contradictions_under_different_names_are_found_too() -> None:
    frame = files()
    text = f"same,data/raw/0.jpg,data/raw/1.jpg,\ndifferent,{frame['image_id'][1]},{frame['image_id'][0][:9]},\n"
    with pytest.raises(DataError, match="line 3: says different, and line 2 says same"):
        decided(text, frame)


COUNT = 9
PAIRS = st.sets(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda pair: pair[0] < pair[1]), max_size=20
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Pairs, Decisions]:
    found, same, different = draw(PAIRS), draw(PAIRS), draw(PAIRS)
    bits = draw(st.lists(st.integers(1, 24), min_size=len(found), max_size=len(found)))
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    keep = draw(st.frozensets(st.integers(0, COUNT - 1)))
    pairs = Pairs(table[:, 0], table[:, 1], np.array(bits, dtype=np.int64))
    return pairs, Decisions(frozenset(same - different), frozenset(different), keep, frozenset(), ())


@given(worlds())
def test_applied_pairs_are_those_found_and_said_less_those_denied(world: tuple[Pairs, Decisions]) -> None:
    pairs, decisions = world
    before = pairs.between()
    after = overrides.apply(pairs, decisions, COUNT)
    expected = {pair: bits for pair, bits in before.items() if pair not in decisions.different}
    assert after.between() == {**dict.fromkeys(decisions.same, 0), **expected}
    rows = list(zip(after.first.tolist(), after.second.tolist(), strict=True))
    assert rows == sorted(set(rows))
    again = overrides.apply(after, decisions, COUNT)
    assert all(np.array_equal(one, other) for one, other in zip(after, again, strict=True))


@given(worlds(), st.permutations(range(COUNT)))
def test_what_was_called_different_never_stands_in_for_each_other(
    world: tuple[Pairs, Decisions], rank: list[int]
) -> None:
    pairs, decisions = world
    keeper = keepers(COUNT, overrides.apply(pairs, decisions, COUNT), np.array(rank))
    assert not {(min(row, to), max(row, to)) for row, to in enumerate(keeper.tolist())} & decisions.different


@given(worlds(), st.permutations(range(COUNT)))
def test_a_kept_image_yields_only_to_kept_ones(world: tuple[Pairs, Decisions], rank: list[int]) -> None:
    pairs, decisions = world
    frame = files(COUNT).sort_values("image_id", ignore_index=True)
    ranks = overrides.outrank(np.array(rank), frame, decisions)
    keeper = keepers(COUNT, pairs, ranks)
    assert all(keeper[row] in decisions.keep for row in decisions.keep)
    kept = np.isin(np.arange(COUNT), list(decisions.keep))
    for group in (kept, ~kept):  # within each group nothing changes
        assert np.array_equal(np.argsort(ranks[group]), np.argsort(np.array(rank)[group]))


def test_a_file_kept_by_its_path_outranks_files_with_the_same_bytes() -> None:
    frame = pd.DataFrame({"image_id": ["b", "a", "a", "a"], "path": ["w", "x", "y", "z"]})
    rank = np.array([0, 1, 2, 3])
    by_path = Decisions(frozenset(), frozenset(), frozenset({0}), frozenset({"z"}), ())
    assert overrides.outrank(rank, frame, by_path).tolist() == [3, 1, 2, 0]
    assert overrides.outrank(rank, frame, by_path._replace(keep_paths=frozenset())).tolist() == [3, 0, 1, 2]


def test_an_empty_table_has_nothing_to_decide() -> None:
    none = np.zeros(0, dtype=np.int64)
    found = decided("keep,data/raw/1.jpg,,\n", files(0))
    assert found.unmatched == ("duplicates.csv: line 2: no image is called 'data/raw/1.jpg'",)
    assert len(overrides.apply(Pairs(none, none, none), found, 0).first) == 0
