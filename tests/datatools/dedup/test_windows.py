import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.dedup.windows import means, squared_gradient

pytestmark = pytest.mark.xdist_group("compiled")

Plane = NDArray[np.float32]


def noise(seed: int, side: int) -> Plane:
    return np.random.default_rng(seed).uniform(0, 255, (side, side)).astype(np.float32)


@given(st.integers(0, 99), st.integers(4, 24), st.integers(1, 8), st.sampled_from([0.0, 0.02, 0.3, 1.0]))
def test_means_are_those_of_each_window_alone(seed: int, side: int, window: int, outside: float) -> None:
    window = min(window, side)
    plane = noise(seed, side)
    inside = np.random.default_rng(seed + 1).random((side, side)) >= outside
    expected = np.full((side - window + 1, side - window + 1), np.nan)
    for y, x in np.ndindex(expected.shape):
        place = np.s_[y : y + window, x : x + window]
        if inside[place].all():
            expected[y, x] = plane[place].mean(dtype=np.float64)
    np.testing.assert_allclose(means(plane, inside, window), expected, rtol=1e-9, atol=1e-7)


@given(st.integers(0, 99), st.integers(2, 24))
def test_the_gradient_is_by_central_differences_with_repeated_borders(seed: int, side: int) -> None:
    plane = noise(seed, side)
    wide = np.pad(plane, 1, mode="edge").astype(np.float64)
    down, right = (wide[2:, 1:-1] - wide[:-2, 1:-1]) / 2, (wide[1:-1, 2:] - wide[1:-1, :-2]) / 2
    np.testing.assert_allclose(squared_gradient(plane), down**2 + right**2, rtol=1e-5, atol=1e-3)
    inner = np.s_[1:-1, 1:-1]
    if side > 2:
        rows, columns = np.gradient(plane.astype(np.float64))
        np.testing.assert_allclose(squared_gradient(plane)[inner], (rows**2 + columns**2)[inner], rtol=1e-5, atol=1e-3)
