import numpy as np
import pytest

from datatools.denoise.estimate import Noise
from datatools.denoise.nlm import Nlm
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("sigma", "gain"), [(10, 3), (25, 7), (50, 7)])
def test_noise_becomes_less_at_both_depths(sigma: float, gain: float, channels: int) -> None:
    clean = scene(side=96)[:, :, :channels]
    noisy = with_gaussian(clean, sigma)
    done = psnr(Nlm()(noisy, Noise(sigma, 0)), clean) - psnr(noisy, clean)
    assert done > gain
    deep = Nlm()(noisy.astype(np.uint16) * 257, Noise(sigma, 0)) / 257
    assert psnr(deep, clean) - psnr(noisy, clean) > done - 0.8


def test_more_strength_changes_more() -> None:
    noisy = with_gaussian(scene(side=64), 20)
    changes = [np.abs(Nlm(strength=s)(noisy, Noise(20, 0)).astype(int) - noisy).mean() for s in (0.5, 0.9, 2)]
    assert changes == sorted(changes)
    assert changes[0] < changes[-1]


def test_what_repeats_survives_where_a_mean_would_lose_it() -> None:
    stripes = np.where(np.arange(64) % 2 == 0, np.uint8(90), np.uint8(160))[None, :, None]
    stripes = np.ascontiguousarray(np.broadcast_to(stripes, (64, 64, 1)))
    done = Nlm()(with_gaussian(stripes, 20), Noise(20, 0))
    assert psnr(done, stripes) > psnr(with_gaussian(stripes, 20), stripes) + 6


def test_without_noise_the_image_stays() -> None:
    assert np.array_equal(Nlm()(scene(), Noise(0, 0)), scene())
