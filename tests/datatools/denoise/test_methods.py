import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from datatools.denoise.auto import Auto
from datatools.denoise.decide import Gate
from datatools.denoise.estimate import Noise, estimate, impulses
from datatools.denoise.median import Median
from datatools.denoise.nlm import NonLocalMeans
from datatools.denoise.wavelet import OPPONENT, Wavelet

Picture = NDArray[np.uint8]
METHODS = [Auto(), Median(), NonLocalMeans(), Wavelet()]


def scene(seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(50, 200, (6, 6, 3), dtype=np.uint8), (128, 128), interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(picture, (20, 20), (70, 90), (70, 120, 60), -1)
    return np.clip(picture, 40, 215).astype(np.uint8)


def noisy(picture: Picture, sigma: float) -> Picture:
    noise = np.random.default_rng(3).normal(0, sigma, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def peppered(picture: Picture, share: float) -> Picture:
    drawn = np.random.default_rng(4).random(picture.shape[:2])
    return np.where((drawn < share)[..., None], np.uint8(0), picture)


def psnr(one: Picture, two: Picture) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - two) ** 2)))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.method)
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3))), st.floats(0, 60)
)
def test_any_image_keeps_shape_and_type(method: Auto, picture: Picture, sigma: float) -> None:
    cleaned = method(picture, Noise(sigma, 0.1))
    assert cleaned.shape == picture.shape
    assert cleaned.dtype == np.uint8


@pytest.mark.parametrize(
    "method", [NonLocalMeans(), Wavelet(), Wavelet(shifts=1), Auto()], ids=lambda method: method.canonical()
)
@pytest.mark.parametrize(("sigma", "gain"), [(15, 4), (30, 5)])
def test_gaussian_noise_becomes_less(method: Auto, sigma: float, gain: float) -> None:
    clean = scene()
    spoilt = noisy(clean, sigma)
    assert psnr(method(spoilt, estimate(spoilt)), clean) > psnr(spoilt, clean) + gain


@pytest.mark.parametrize("method", [Median(), Auto()], ids=lambda method: method.method)
def test_impulses_are_repaired(method: Auto) -> None:
    clean = scene()
    spoilt = peppered(clean, 0.03)
    assert psnr(method(spoilt, estimate(spoilt)), clean) > psnr(spoilt, clean) + 15


def test_the_median_touches_impulses_only() -> None:
    spoilt = peppered(scene(), 0.02)
    repaired = Median(passes=1)(spoilt, Noise(0, 0))
    untouched = ~impulses(spoilt)
    assert np.array_equal(repaired[untouched], spoilt[untouched])
    assert not np.array_equal(repaired, spoilt)


def test_auto_leaves_a_clean_image_bit_by_bit() -> None:
    clean = scene()
    assert np.array_equal(Auto()(clean, estimate(clean)), clean)


def test_auto_repairs_both_kinds() -> None:
    clean = scene()
    spoilt = peppered(noisy(clean, 20), 0.03)
    both, one = Auto()(spoilt, estimate(spoilt)), Median()(spoilt, estimate(spoilt))
    assert psnr(both, clean) > psnr(one, clean) + 3


def test_the_colour_transform_is_orthonormal() -> None:
    assert np.allclose(OPPONENT @ OPPONENT.T, np.eye(3), atol=1e-6)


def test_the_gate() -> None:
    gate = Gate(sigma=10, impulse=0.005)
    assert not gate.noisy(Noise(10, 0.005))
    assert gate.noisy(Noise(10.1, 0))
    assert gate.noisy(Noise(0, 0.006))
