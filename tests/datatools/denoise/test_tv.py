import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.denoise.estimate import Noise
from datatools.denoise.tv import TotalVariation
from datatools.denoise.tv_kernels import smoothed
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian

NOISE = Noise(25, 0)


def slow(planes: NDArray[np.float32], weight: float, steps: int) -> NDArray[np.float64]:
    """Chambolle's fixed point (J. Math. Imaging Vis. 20, 2004, eq. 9), with one length for all planes."""
    flow = np.zeros((2, *planes.shape))
    for _ in range(steps):
        slope = _slope(_divergence(flow) - planes / weight)
        length = np.sqrt((slope**2).sum(axis=(0, 1), keepdims=True))
        flow = (flow + 0.125 * slope) / (1 + 0.125 * length)
    return planes - weight * _divergence(flow)


def _slope(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    slope = np.zeros((2, *planes.shape))
    slope[0, :, :-1] = planes[:, 1:] - planes[:, :-1]
    slope[1, :, :, :-1] = planes[:, :, 1:] - planes[:, :, :-1]
    return slope


def _divergence(flow: NDArray[np.float64]) -> NDArray[np.float64]:
    down = np.diff(flow[0], axis=1, prepend=0)
    right = np.diff(flow[1], axis=2, prepend=0)
    return down + right


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("weight", [2.0, 15.0])
def test_it_is_where_a_slow_descent_ends(count: int, weight: float) -> None:
    planes = np.random.default_rng(1).normal(100, 30, (count, 9, 12)).astype(np.float32)
    assert np.abs(smoothed(planes, weight, 1500) - slow(planes, weight, 6000)).max() < 0.1


@given(st.floats(0, 255), st.floats(0, 255), st.floats(0.1, 60))
def test_two_pixels_move_towards_each_other_by_the_weight(one: float, other: float, weight: float) -> None:
    pair = np.array([[[one, other]]], dtype=np.float32)
    step = min(weight, abs(one - other) / 2) * np.sign(other - one)
    assert smoothed(pair, weight, 200)[0, 0] == pytest.approx([one + step, other - step], abs=0.05)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))
def test_the_mean_of_each_plane_stays(height: int, width: int, count: int) -> None:
    planes = np.random.default_rng(height).uniform(0, 255, (count, height, width)).astype(np.float32)
    before = planes.copy()
    assert smoothed(planes, 20.0, 20).mean(axis=(1, 2)) == pytest.approx(planes.mean(axis=(1, 2)), abs=0.01)
    assert np.array_equal(planes, before)


@pytest.mark.parametrize(("sigma", "gain"), [(10, 6), (25, 9), (50, 10)])
def test_noise_becomes_less_at_both_depths(sigma: float, gain: float) -> None:
    noisy = with_gaussian(scene(), sigma)
    done = TotalVariation()(noisy, NOISE)
    assert psnr(done, scene()) > psnr(noisy, scene()) + gain
    deep = TotalVariation()(noisy.astype(np.uint16) * 257, NOISE)
    assert np.abs(deep / 257 - done).mean() < 0.5


def test_noise_in_brightness_alone_is_found_by_its_own_estimate() -> None:
    noisy = with_gaussian(scene(), 15, grey=True)
    assert psnr(TotalVariation()(noisy, NOISE), scene()) > psnr(noisy, scene()) + 5


def test_a_single_channel_and_a_grey_image_are_the_same() -> None:
    grey = with_gaussian(scene()[:, :, :1], 20)
    one, three = TotalVariation()(grey, NOISE), TotalVariation()(np.repeat(grey, 3, axis=2), NOISE)
    assert np.array_equal(three, np.repeat(one, 3, axis=2))
    assert psnr(one, scene()[:, :, :1]) > psnr(grey, scene()[:, :, :1]) + 6


def test_it_is_scikit_images() -> None:
    restoration = pytest.importorskip("skimage.restoration", reason="scikit-image is a peer and not installed")
    plane = with_gaussian(scene()[:60, :60, :1], 20)[:, :, 0].astype(np.float64)
    theirs = restoration.denoise_tv_chambolle(plane, weight=12.0, eps=1e-9, max_num_iter=3000)
    assert np.abs(smoothed(plane[None].astype(np.float32), 12.0, 1000)[0] - theirs).max() < 0.2
