import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.denoise.bilateral import Bilateral
from datatools.denoise.estimate import Noise
from tests.datatools.denoise.pictures import psnr, scene, with_gaussian


def slow(image: NDArray[np.uint8], alike: float, width: float, radius: int) -> NDArray[np.float64]:
    """The definition, pixel by pixel: colours differ by the sum over the channels, the window is round."""
    padded = np.pad(image.astype(float), ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    total, weights = np.zeros(image.shape), np.zeros((*image.shape[:2], 1))
    height, width_of_image = image.shape[:2]
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down**2 + right**2 > radius**2:
                continue
            other = padded[radius + down :, radius + right :][:height, :width_of_image]
            distance = np.abs(other - image).sum(axis=2, keepdims=True)
            weight = np.exp(-(distance**2) / (2 * alike**2) - (down**2 + right**2) / (2 * width**2))
            total += weight * other
            weights += weight
    return total / weights


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [10, 40])
def test_it_is_the_definition(channels: int, sigma: float) -> None:
    noisy = with_gaussian(scene(), sigma)[:40, :50, :channels]
    expected = slow(noisy, 2.4 * sigma * channels**0.5, 1.5, 3)
    assert np.abs(Bilateral(width=1.5)(noisy, Noise(sigma, 0)) - expected).max() < 1


@pytest.mark.parametrize(("sigma", "gain"), [(10, 5), (25, 7.5), (50, 9)])
def test_noise_becomes_less_at_both_depths(sigma: float, gain: float) -> None:
    noisy = with_gaussian(scene(), sigma)
    done = Bilateral()(noisy, Noise(sigma, 0))
    assert psnr(done, scene()) > psnr(noisy, scene()) + gain
    deep = Bilateral()(noisy.astype(np.uint16) * 257, Noise(sigma, 0))
    assert np.abs(deep / 257 - done).max() <= 0.51


def test_an_edge_that_stands_out_of_the_noise_stays() -> None:
    halves = np.full((40, 40, 1), 60, np.uint8)
    halves[:, 20:] = 190
    done = Bilateral()(with_gaussian(halves, 8), Noise(8, 0)).astype(float)
    assert abs(done[:, 19].mean() - 60) < 2
    assert abs(done[:, 20].mean() - 190) < 2


def test_a_grey_image_is_treated_as_one_channel() -> None:
    grey = with_gaussian(scene()[:, :, :1], 20)
    one, three = Bilateral()(grey, Noise(20, 0)), Bilateral()(np.repeat(grey, 3, axis=2), Noise(20, 0))
    assert np.array_equal(three, np.repeat(one, 3, axis=2))


def test_without_noise_the_image_stays() -> None:
    assert np.array_equal(Bilateral()(scene(), Noise(0, 0)), scene())
