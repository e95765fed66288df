import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from datatools.denoise.estimate import Noise
from datatools.denoise.gaussian import GROWTH, WIDTH, Gaussian
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian


@pytest.mark.parametrize("sigma", [5, 25, 60])
def test_it_is_scipys_filter(sigma: float) -> None:
    noisy = with_gaussian(scene(), sigma).astype(np.uint16) * 257
    width = WIDTH * sigma**GROWTH
    expected = gaussian_filter(noisy.astype(float), (width, width, 0), mode="reflect", truncate=5)
    assert np.abs(Gaussian()(noisy, Noise(sigma, 0)) - expected).max() < 30  # an eighth of a grey level


@pytest.mark.parametrize(("sigma", "gain"), [(10, 2.5), (25, 6.5), (50, 9)])
def test_noise_becomes_less(sigma: float, gain: float) -> None:
    noisy = with_gaussian(scene(), sigma)
    assert psnr(Gaussian()(noisy, Noise(sigma, 0)), scene()) > psnr(noisy, scene()) + gain


@given(st.floats(0.5, 60))
def test_more_noise_makes_it_wider(sigma: float) -> None:
    point = np.zeros((41, 41, 1), np.uint16)
    point[20, 20] = 65535
    narrow, wide = (int(Gaussian()(point, Noise(one, 0)).max()) for one in (sigma, 2 * sigma))
    assert wide < narrow or narrow == 65535
    assert int(Gaussian(strength=2)(point, Noise(sigma, 0)).max()) <= narrow


def test_without_noise_the_image_stays() -> None:
    assert np.array_equal(Gaussian()(scene(), Noise(0, 0)), scene())
