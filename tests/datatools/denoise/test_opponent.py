import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from datatools.denoise import opponent
from datatools.denoise.opponent import OPPONENT
from tests.datatools.denoise.pictures import scene, with_gaussian


def test_the_planes_are_orthonormal() -> None:
    assert pytest.approx(np.eye(3), abs=1e-6) == OPPONENT @ OPPONENT.T


@given(
    arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=9).map(lambda shape: (*shape, 3))), st.booleans()
)
def test_there_and_back(deep: NDArray[np.uint16], shallow: bool) -> None:
    image = (deep >> 8).astype(np.uint8) if shallow else deep
    back = opponent.join(opponent.split(image, grey=False), image)
    assert back.dtype == image.dtype
    assert np.abs(back.astype(int) - image).max(initial=0) <= (0 if shallow else 1)
    single = image[:, :, :1]
    assert np.array_equal(opponent.join(opponent.split(single, grey=True), single), single)


def test_the_strength_in_planes_and_channels() -> None:
    noisy = scene()
    noisy[:, :, 1] = with_gaussian(scene(), 20)[:, :, 1]
    planes = opponent.strengths(noisy, grey=False)
    assert planes == pytest.approx(20 * np.abs(OPPONENT[:, 1]), abs=1.5)
    assert np.sum(opponent.in_channels(planes, 3) ** 2) == pytest.approx(np.sum(planes**2), rel=1e-5)
    assert opponent.in_channels(np.array([7.0]), 3).tolist() == [7, 7, 7]
    grey = np.repeat(with_gaussian(scene(), 15)[:, :, :1], 3, axis=2)
    assert opponent.strengths(grey, grey=True) == pytest.approx([15], rel=0.1)
