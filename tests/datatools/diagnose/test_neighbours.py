"""Nearest neighbours are exact, whatever the blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from datatools.diagnose import neighbours


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.integers(1, 40))
def test_any_blocks_give_scikit_learns_neighbours(seed: int, asked: int, known: int, k: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    queries, among = (neighbours.directions(rng.normal(size=(rows, 6)).astype(np.float32)) for rows in (asked, known))
    found = neighbours.nearest(queries, among, k, block)
    peer = NearestNeighbors(n_neighbors=min(k, known), metric="cosine", algorithm="brute").fit(among)
    distance, rows = peer.kneighbors(queries)
    np.testing.assert_allclose(found.similarity, 1 - distance, atol=1e-5)
    apart = np.abs(np.diff(distance, axis=1)).min(axis=1, initial=1) > 1e-5
    np.testing.assert_array_equal(found.rows[apart], rows[apart])


def test_of_equals_the_lower_number_comes_first() -> None:
    known = np.array([[0, 1], [1, 0], [1, 0], [1, 0]], dtype=np.float32)
    found = neighbours.nearest(np.array([[1, 0]], dtype=np.float32), known, 3, block=2)
    assert found.rows.tolist() == [[1, 2, 3]]


def test_nobody_asks_or_nobody_is_there() -> None:
    some, none = np.ones((2, 3), np.float32), np.zeros((0, 3), np.float32)
    assert neighbours.nearest(none, some, 5).rows.shape == (0, 2)
    assert neighbours.nearest(some, none, 5).rows.shape == (2, 0)


def test_features_are_standardised_by_the_rows_that_were_learnt_from() -> None:
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(40, 3)) * [1, 5, 0] + [0, 9, 2]).astype(np.float32)
    learnt = np.arange(40) < 30
    found = neighbours.standardised(features, learnt)
    np.testing.assert_allclose(found[learnt].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found[learnt].std(axis=0), [1, 1, 0], atol=1e-5)
    lengths = np.linalg.norm(neighbours.directions(found), axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)


def test_no_direction_is_no_neighbour() -> None:
    found = neighbours.directions(np.zeros((2, 3), np.float32))
    assert not found.any()


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 14))
def test_the_largest_of_each_row_are_those_of_a_stable_sort(seed: int, width: int, k: int) -> None:
    values = np.random.default_rng(seed).integers(0, 4, (5, width)).astype(np.float64)
    slow = np.sort(np.argsort(-values, axis=1, kind="stable")[:, :k], axis=1)
    np.testing.assert_array_equal(neighbours._largest(values, k), slow)


def test_blocks_of_rows_are_standardised_together(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(0).normal(size=(23, 3)).astype(np.float32)
    learnt = np.arange(23) % 3 > 0
    whole = neighbours.standardised(features, learnt)
    monkeypatch.setattr(neighbours, "BLOCK", 4)
    np.testing.assert_allclose(neighbours.standardised(features, learnt), whole, rtol=1e-5, atol=1e-6)
    assert np.array_equal(neighbours.standardised(features, learnt & False), features)
