import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.dedup.difference import Difference, compare
from tests.datatools.dedup.pictures import scene

pytestmark = pytest.mark.xdist_group("compiled")

Shown = NDArray[np.float32]
N = 64
EVERYWHERE = np.ones((N, N), np.bool_)
EDGES = 0.35
SEEDS = st.integers(0, 30)


def picture(seed: int) -> Shown:
    return np.asarray(cv2.resize(scene(seed, 512), (N, N), interpolation=cv2.INTER_AREA), dtype=np.float32)


def between(one: Shown, other: Shown, inside: NDArray[np.bool_] = EVERYWHERE) -> Difference:
    return Difference(*compare(one, other, inside, EDGES))


@given(SEEDS)
def test_a_picture_does_not_differ_from_itself(seed: int) -> None:
    found = between(picture(seed), picture(seed))
    assert found.structure == pytest.approx(0, abs=1e-3)
    assert found.colour == pytest.approx(0, abs=1e-3)
    assert (found.correlation, found.gain) == (pytest.approx(1), pytest.approx(1))


@given(SEEDS, st.floats(1, 2), st.floats(-30, 30))
def test_brightness_and_contrast_do_not_count_even_where_levels_are_clipped(
    seed: int, gain: float, offset: float
) -> None:
    bright = np.clip(picture(seed) * np.float32(gain) + np.float32(offset), 0, 255)
    found = between(picture(seed), bright)
    assert found.gain == pytest.approx(gain, rel=0.01)
    assert found.structure < 0.5
    assert found.colour < 1


@given(SEEDS, SEEDS, st.floats(0.5, 1))
def test_it_does_not_matter_which_picture_comes_first(seed: int, other: int, gain: float) -> None:
    one, two = picture(seed), picture(other) * np.float32(gain)
    np.testing.assert_allclose(between(one, two), between(two, one), rtol=1e-4, atol=1e-3)


@given(SEEDS, st.integers(0, 1000), st.integers(2, 8), st.sampled_from([-60.0, 60.0]))
def test_one_small_change_is_found_wherever_it_is(seed: int, place: int, size: int, change: float) -> None:
    """However much of the rest is equal: the strength is that of the window around it, not of the picture."""
    row, column = np.random.default_rng(place).integers(0, N - size + 1, 2).tolist()
    smooth = cv2.GaussianBlur(picture(seed), (0, 0), 6)
    changed = smooth.copy()
    changed[row : row + size, column : column + size] += np.float32(change)
    expected = abs(change) * size / 8  # root mean square over a window of 8 x 8
    assert between(smooth, changed).structure == pytest.approx(expected, rel=0.2)
    outside = EVERYWHERE.copy()
    outside[row : row + size, column : column + size] = False
    assert between(smooth, changed, outside).structure == pytest.approx(0, abs=0.01)


def test_a_change_of_colour_alone_is_found_in_colour_alone() -> None:
    one = picture(1)
    tinted = one.copy()
    tinted[20:30, 20:30] += np.array([20, 0, -20 * 0.299 / 0.114], np.float32)  # as bright as before
    found = between(one, tinted)
    assert found.structure < 1
    assert found.colour == pytest.approx(52.5, rel=0.1)
    grey = one.mean(axis=2, keepdims=True)
    assert between(grey, grey * np.float32(0.9)).colour == 0


def test_what_lies_along_edges_that_both_have_does_not_count() -> None:
    one = picture(3)
    softer = cv2.GaussianBlur(one, (0, 0), 0.4)
    strict = Difference(*compare(one, softer, EVERYWHERE, 0.0))
    assert strict.structure > 3
    assert between(one, softer).structure < strict.structure / 5


def test_a_negative_and_a_picture_without_anything_in_common_are_no_copies() -> None:
    for other in (255 - picture(1), np.full_like(picture(1), 90), np.zeros_like(picture(1))):
        found = between(picture(1), other)
        assert math.isinf(found.structure)
        assert found.gain < 1


def test_nothing_to_compare_is_no_copy() -> None:
    found = between(picture(1), picture(1), ~EVERYWHERE)
    assert math.isinf(found.structure)
    assert found.correlation == -1
