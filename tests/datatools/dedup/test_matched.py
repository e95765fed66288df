import math

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup.candidates import Candidates, merged, turned
from datatools.dedup.matched import ITSELF, Matched, matched
from datatools.dedup.overrides import Decisions
from datatools.dedup.search import Pairs
from datatools.fingerprints import ORIENTATIONS, fingerprint, turn
from tests.datatools.dedup.pictures import scene

NOTHING = Decisions(frozenset(), frozenset(), frozenset(), frozenset(), ())
COUNT = 5
NUMBERS = st.integers(0, COUNT - 1)
EDGES = st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1])
FOUND = st.dictionaries(st.tuples(EDGES, st.integers(0, 7)), st.tuples(st.integers(0, 24), st.floats(0, 9)))


def candidates(found: dict[tuple[tuple[int, int], int], tuple[int, float]]) -> tuple[Candidates, list[float]]:
    """Return candidates as they come from :func:`merged`, and the difference of each."""
    rows = [(*pair, orientation, bits) for (pair, orientation), (bits, _) in found.items()]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    same = merged(Candidates(Pairs(table[:, 0], table[:, 1], table[:, 3]), table[:, 2]))
    keys = zip(same.pairs.first.tolist(), same.pairs.second.tolist(), same.orientation.tolist(), strict=True)
    return same, [found[(one, other), orientation][1] for one, other, orientation in keys]


@given(FOUND, st.sets(EDGES), st.sets(EDGES))
def test_each_pair_is_there_once_as_found_or_as_a_person_said(
    found: dict[tuple[tuple[int, int], int], tuple[int, float]],
    same: set[tuple[int, int]],
    different: set[tuple[int, int]],
) -> None:
    expected: dict[tuple[int, int], tuple[int, int, float]] = {}
    proposed, levels = candidates(found)
    columns = (proposed.pairs.first, proposed.pairs.second, proposed.pairs.distance, proposed.orientation)
    for row, (one, other, bits, orientation) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        expected.setdefault((one, other), (bits, orientation, levels[row]))
    for pair in different - same:
        expected.pop(pair, None)
    for pair in same:
        bits, _, level = expected.get(pair, (0, 0, math.nan))
        expected[pair] = (bits, 0, level)
    decisions = NOTHING._replace(same=frozenset(same), different=frozenset(different - same))
    result = matched(proposed, np.array(levels), decisions, COUNT)
    assert list(result.pairs.between()) == sorted(expected)
    for row, pair in enumerate(sorted(expected)):
        bits, orientation, level = expected[pair]
        assert (int(result.pairs.distance[row]), int(result.orientation[row])) == (bits, orientation)
        assert result.difference[row] == pytest.approx(level, nan_ok=True)
    assert list(result.upright().between()) == [pair for pair in sorted(expected) if expected[pair][1] == 0]


@pytest.mark.parametrize("orientation", range(1, len(ORIENTATIONS)))
@pytest.mark.parametrize("keeper", [0, 1])
def test_turned_as_the_relation_says_the_keeper_looks_like_the_image(orientation: int, keeper: int) -> None:
    pictures = [scene(3), np.ascontiguousarray(turn(scene(3), orientation))]
    made = [fingerprint(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in pictures]
    found = turned(np.stack([one.phash for one in made]), np.stack([one.dhash for one in made]), radius=4)
    result = matched(found, np.full(len(found.orientation), 1.5), NOTHING, 2)
    relations = result.relations(np.array([keeper, keeper]))
    assert relations[keeper] == ITSELF
    image = 1 - keeper
    shown = turn(pictures[keeper], ORIENTATIONS.index(relations[image].orientation))
    assert np.array_equal(shown, pictures[image])
    assert relations[image].difference == 1.5


def test_an_image_that_is_no_pair_with_the_other_has_no_distance_from_it() -> None:
    """The members of a chain, beside the best of their cluster."""
    chain = Matched(
        Pairs(np.array([0, 1]), np.array([1, 2]), np.array([3, 4])),
        np.zeros(2, int),
        np.array([1.0, 2.0]),
        np.zeros(2, bool),
    )
    known = pd.DataFrame(chain.relations(np.array([0, 0, 0])))
    assert known["distance"].fillna(-1).tolist() == [0, 3, -1]
    assert known["difference"].fillna(-1).tolist() == [0.0, 1.0, -1.0]
    assert known["orientation"].tolist() == ["upright"] * 3


def test_the_table_names_images_and_orientations() -> None:
    pairs = Pairs(np.array([0]), np.array([2]), np.array([7]))
    found = Matched(pairs, np.array([5]), np.array([1.23456]), np.array([False])).table(
        np.array(["a", "b", "c"], dtype=object)
    )
    assert found.to_dict("records") == [
        {"image_id": "a", "other_id": "c", "distance": 7, "orientation": "turned_right", "difference": 1.2346}
    ]
