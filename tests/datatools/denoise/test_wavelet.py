import numpy as np
import pytest

from datatools.denoise.estimate import Noise
from datatools.denoise.wavelet import Wavelet
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian

NOISE = Noise(20, 0)


@pytest.mark.parametrize(("sigma", "gain"), [(10, 5), (25, 7.5), (50, 9)])
def test_noise_becomes_less_at_both_depths(sigma: float, gain: float) -> None:
    noisy = with_gaussian(scene(), sigma)
    done = Wavelet()(noisy, NOISE)
    assert psnr(done, scene()) > psnr(noisy, scene()) + gain
    deep = Wavelet()(noisy.astype(np.uint16) * 257, NOISE)
    assert np.abs(deep / 257 - done).mean() < 0.5


def test_more_shifts_are_better() -> None:
    noisy = with_gaussian(scene(), 25)
    found = [psnr(Wavelet(shifts=shifts)(noisy, NOISE), scene()) for shifts in (1, 2, 4)]
    assert found == sorted(found)
    assert found[1] > found[0] + 0.5


def test_noise_in_brightness_alone_is_found_by_its_own_estimate() -> None:
    noisy = with_gaussian(scene(), 15, grey=True)
    assert psnr(Wavelet()(noisy, NOISE), scene()) > psnr(noisy, scene()) + 4


def test_a_single_channel_and_a_grey_image_are_the_same() -> None:
    grey = with_gaussian(scene()[:, :, :1], 20)
    one, three = Wavelet()(grey, NOISE), Wavelet()(np.repeat(grey, 3, axis=2), NOISE)
    assert np.array_equal(three, np.repeat(one, 3, axis=2))
    assert psnr(one, scene()[:, :, :1]) > psnr(grey, scene()[:, :, :1]) + 4
