"""The map of images."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from datatools.diagnose import embedding

IDS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(60)]


@given(st.sets(st.integers(0, 59), min_size=1), st.integers(1, 30))
def test_which_images_are_drawn_depends_on_their_ids_alone(chosen: set[int], most: int) -> None:
    ids = [IDS[number] for number in sorted(chosen)]
    rows = embedding.some(ids, most)
    assert len(rows) == min(most, len(ids))
    assert (np.diff(rows) > 0).all()
    drawn = {ids[row] for row in rows}
    assert drawn == {ids[::-1][row] for row in embedding.some(ids[::-1], most)}
    if len(ids) > most:  # a drawn image stays drawn when another one goes
        gone = next(name for name in ids if name not in drawn)
        rest = [name for name in ids if name != gone]
        assert drawn == {rest[row] for row in embedding.some(rest, most)}


def test_clusters_stay_together_and_the_bytes_are_the_same() -> None:
    rng = np.random.default_rng(0)
    kind = np.arange(150) % 3
    features = (rng.normal(size=(150, 40)) + 4 * rng.normal(size=(3, 40))[kind]).astype(np.float32)
    points = embedding.embed(features, 0)
    assert points.shape == (150, 2)
    assert KNeighborsClassifier(5).fit(points[::2], kind[::2]).score(points[1::2], kind[1::2]) > 0.95
    assert embedding.embed(features, 0).tobytes() == points.tobytes()


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 13])
def test_few_images(rows: int) -> None:
    points = embedding.embed(np.random.default_rng(0).normal(size=(rows, 30)).astype(np.float32), 0)
    assert points.shape == (rows, 2)
    assert np.isfinite(points).all()


def test_images_that_are_all_alike() -> None:
    assert np.isfinite(embedding.embed(np.ones((40, 8), np.float32), 0)).all()
