import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import search
from datatools.dedup.candidates import Candidates, joined, merged, once, turned, upright
from datatools.dedup.search import Pairs
from datatools.fingerprints import ORIENTATIONS, Words, fingerprint, turn
from tests.datatools.dedup.pictures import Picture, pairs, scene

Row = tuple[int, int, int, int]  # first, second, orientation, distance
ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 7), st.integers(0, 24)).filter(
        lambda row: row[0] < row[1]
    ),
    max_size=12,
    unique_by=lambda row: row[:3],
)


def candidates(rows: list[Row]) -> Candidates:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Candidates(Pairs(table[:, 0], table[:, 1], table[:, 3]), table[:, 2])


def listed(found: Candidates) -> list[Row]:
    columns = (found.pairs.first, found.pairs.second, found.orientation, found.pairs.distance)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def preference(row: Row) -> tuple[int, int, bool, int, int]:
    first, second, orientation, distance = row
    return first, second, orientation > 0, distance, orientation


def hashes(pictures: list[Picture]) -> tuple[Words, Words]:
    made = [fingerprint(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in pictures]
    return np.stack([one.phash for one in made]), np.stack([one.dhash for one in made])


@given(ROWS, st.integers(0, 12))
def test_of_one_pair_upright_comes_first_then_the_closest(rows: list[Row], cut: int) -> None:
    found = merged(candidates(rows[:cut]), candidates(rows[cut:]))
    assert listed(found) == sorted(rows, key=preference)
    best: dict[tuple[int, int], Row] = {}
    for row in sorted(rows, key=preference):
        best.setdefault(row[:2], row)
    assert listed(once(found)) == list(best.values())


@given(ROWS)
def test_candidates_can_be_chosen_and_numbered_anew(rows: list[Row]) -> None:
    rows.sort()
    chosen = np.array([row[3] > 9 for row in rows], dtype=np.bool_)
    numbers = np.array([2, 3, 5, 8, 13])
    expected = [(int(numbers[a]), int(numbers[b]), turn, bits) for a, b, turn, bits in rows if bits > 9]
    assert listed(candidates(rows).keep(chosen).renumber(numbers)) == expected


def test_every_orientation_is_found_and_none_that_is_not_there() -> None:
    picture = scene(1)
    shown = [np.ascontiguousarray(turn(picture, g)) for g in range(len(ORIENTATIONS))]
    found = turned(*hashes([picture, scene(2), *shown[1:]]), radius=0)
    of_the_first = {row[1]: row[2] for row in listed(found) if row[0] == 0}
    assert of_the_first == {g + 1: g for g in range(1, len(ORIENTATIONS))}
    assert not any(1 in row[:2] for row in listed(found))
    for one, other, orientation, distance in listed(found):  # the turned ones among themselves, too
        pictures = [picture, None, *shown[1:]]
        assert np.array_equal(turn(np.asarray(pictures[one]), orientation), pictures[other])
        assert distance == 0


def test_distances_are_of_both_hashes_together() -> None:
    phash, dhash = hashes([scene(seed) for seed in range(6)])
    found = search.pairs(joined(phash[:, 0], dhash[:, 0]), radius=128)
    for (one, other), distance in found.between().items():
        apart = [(int(words[one, 0]) ^ int(words[other, 0])).bit_count() for words in (phash, dhash)]
        assert distance == sum(apart)
    assert upright(found).orientation.tolist() == [0] * 15


def test_a_picture_and_its_copy_that_are_symmetric_count_as_upright() -> None:
    symmetric = np.maximum(scene(1), scene(1)[:, ::-1])
    phash, dhash = hashes([symmetric, symmetric])
    found = merged(turned(phash, dhash, 16), upright(pairs((0, 1))))
    assert {row[2] for row in listed(found)} >= {0, 1}
    assert [row[2] for row in listed(once(found))] == [0]
