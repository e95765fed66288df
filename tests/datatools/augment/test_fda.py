import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from datatools.augment.fda import Fda, adapt, low_frequencies
from datatools.images import read, resize

Image = NDArray[np.uint8]


def slow_fda(image: Image, reference: Image, beta: float) -> Image:
    """The paper's formula as written: swap the centred window of the shifted amplitude, keep the phase."""
    x, y = image.transpose(2, 0, 1).astype(float), reference.transpose(2, 0, 1).astype(float)
    spectrum = np.fft.fft2(x)
    phase = np.angle(spectrum)
    amplitude = np.fft.fftshift(np.abs(spectrum), axes=(1, 2))
    wanted = np.fft.fftshift(np.abs(np.fft.fft2(y)), axes=(1, 2))
    height, width = image.shape[:2]
    b = math.floor(min(height, width) * beta)
    top, left = height // 2 - b, width // 2 - b
    window = (slice(None), slice(top, top + 2 * b + 1), slice(left, left + 2 * b + 1))
    amplitude[window] = wanted[window]
    mixed = np.fft.ifft2(np.fft.ifftshift(amplitude, axes=(1, 2)) * np.exp(1j * phase)).real
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8).transpose(1, 2, 0)


def noise(seed: int, height: int, width: int, highest: int = 256) -> Image:
    return np.random.default_rng(seed).integers(0, highest, (height, width, 3), dtype=np.uint8)


@given(st.integers(8, 41), st.integers(8, 41), st.floats(0, 0.499), st.integers(0, 2**20))
@example(40, 41, 0.49, 0)
@example(8, 8, 0.49, 1)
@example(9, 30, 0.0, 2)
def test_it_is_the_papers_formula(height: int, width: int, beta: float, seed: int) -> None:
    image, reference = noise(seed, height, width), noise(seed + 1, height, width, 140)
    difference = adapt(image, reference, beta).astype(int) - slow_fda(image, reference, beta)
    assert np.abs(difference).max() <= 1


def test_it_is_the_papers_formula_on_photos(shared_photos: list[Path]) -> None:
    photos = [resize(read(path), 96, 96) for path in shared_photos[:6]]
    for image, reference in pairwise(photos):
        for beta in (0.01, 0.05, 0.09):
            difference = adapt(image, reference, beta).astype(int) - slow_fda(image, reference, beta)
            assert np.abs(difference).max() <= 1


@pytest.fixture
def shared_photos() -> list[Path]:
    folder = Path(__file__).resolve().parents[4] / "shared/data/sign_digits/Dataset"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/sign_digits")
    return sorted(folder.glob("*/*.JPG"))[::150]


@given(st.integers(4, 20), st.integers(4, 20), st.data())
def test_the_window_holds_the_fourier_coefficients(height: int, width: int, data: st.DataObject) -> None:
    b = data.draw(st.integers(0, (min(height, width) - 1) // 2))
    image = noise(height, height, width)
    full = np.fft.fft2(image.astype(float), axes=(0, 1))
    found = low_frequencies(image, b)
    expected = np.stack([full[: b + 1, v] for v in range(-b, b + 1)])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_image_is_its_own_reference(photo: Image) -> None:
    assert np.array_equal(adapt(photo, photo, 0.2), photo)


def test_without_a_window_the_mean_colour_moves_to_the_references(photo: Image) -> None:
    reference = np.full_like(photo, 120)
    middle = photo // 4 + 100  # nothing is clipped
    moved = adapt(middle, reference, 0.0)
    np.testing.assert_allclose(moved.mean(axis=(0, 1)), 120, atol=0.51)
    shift = moved.astype(int) - middle
    assert (shift == shift[0, 0]).all()


def test_half_a_level_moves_every_pixel_alike() -> None:
    """Rounding to even would move every other level, and leave which one it is to the last bit of a sum."""
    image = np.full((8, 8, 3), 100, np.uint8)
    image[::2] = 101
    moved = adapt(image, np.full_like(image, 121), 0.0)
    assert np.array_equal(moved, image + np.uint8(21))


def test_a_flat_image_takes_the_amplitude_at_phase_zero(photo: Image) -> None:
    """No phase is defined where there is no amplitude; rounding noise must not decide it."""
    flat = np.full_like(photo, 128)
    result = adapt(flat, photo, 0.1)
    assert np.array_equal(result, slow_fda(flat, photo, 0.1))
    assert (result[0, 0] == result.max(axis=(0, 1))).all()  # all cosines begin with their crest


def test_the_bytes_do_not_depend_on_threads() -> None:
    image, reference = noise(0, 150, 171), noise(1, 150, 171)
    with threadpool_limits(1):
        one = adapt(image, reference, 0.1)
    with threadpool_limits(4):
        assert np.array_equal(adapt(image, reference, 0.1), one)


def test_the_method_keeps_the_label(photo: Image, rng: np.random.Generator) -> None:
    result, share = Fda(beta=0.05)(photo, photo[::-1].copy(), rng)
    assert share == 1.0
    assert result.shape == photo.shape
    assert result.dtype == np.uint8
