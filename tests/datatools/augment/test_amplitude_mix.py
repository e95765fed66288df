import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.amplitude_mix import AmplitudeMix, mix

Image = NDArray[np.uint8]


def slow_mix(image: Image, reference: Image, weight: float) -> Image:
    """The paper's formula as written: mixed amplitude, own phase, on the full spectrum of each channel."""
    mixed = np.empty(image.shape)
    for channel in range(3):
        own, other = np.fft.fft2(image[..., channel]), np.fft.fft2(reference[..., channel])
        amplitude = (1 - weight) * np.abs(own) + weight * np.abs(other)
        mixed[..., channel] = np.fft.ifft2(amplitude * np.exp(1j * np.angle(own))).real
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


@given(st.integers(2, 33), st.integers(2, 33), st.floats(0, 1), st.integers(0, 2**20))
@example(31, 17, 1.0, 0)
@example(32, 32, 0.5, 1)
def test_it_is_the_papers_formula(height: int, width: int, weight: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    reference = random.integers(50, 150, (height, width, 3), dtype=np.uint8)
    difference = mix(image, reference, weight).astype(int) - slow_mix(image, reference, weight)
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.01


def test_the_amplitude_before_clipping_is_the_mixture(photo: Image, rng: np.random.Generator) -> None:
    image, reference = photo // 4 + 96, rng.integers(110, 140, photo.shape, dtype=np.uint8)  # nothing is clipped
    spectra = [np.abs(np.fft.fft2(one, axes=(0, 1))) for one in (image, reference, mix(image, reference, 0.4))]
    rounding = 5 * np.sqrt(image.shape[0] * image.shape[1] / 12)
    assert np.abs(0.6 * spectra[0] + 0.4 * spectra[1] - spectra[2]).max() < rounding


def test_no_weight_or_its_own_amplitude_changes_nothing(photo: Image) -> None:
    assert np.array_equal(mix(photo, photo[::-1], 0.0), photo)
    assert np.array_equal(mix(photo, photo, 0.7), photo)
    assert np.array_equal(mix(photo, np.roll(photo, (5, 9), (0, 1)), 0.7), photo)  # a shift changes the phase alone


def test_a_flat_image_takes_the_amplitude_at_phase_zero(photo: Image) -> None:
    """No phase is defined where there is no amplitude; rounding noise must not decide it."""
    flat = np.full_like(photo, 128)
    amplitude = 0.5 * np.abs(np.fft.fft2(photo, axes=(0, 1)))
    amplitude[0, 0] += 0.5 * 128 * photo.shape[0] * photo.shape[1]
    expected = np.fft.ifft2(amplitude, axes=(0, 1)).real
    result = mix(flat, photo, 0.5)
    assert np.abs(result - np.clip(expected, 0, 255)).max() <= 0.51
    assert (result[0, 0] == result.max(axis=(0, 1))).all()  # all cosines begin with their crest


def test_the_weight_is_drawn_evenly_up_to_eta() -> None:
    image, reference = np.full((4, 4, 3), 100, np.uint8), np.full((4, 4, 3), 200, np.uint8)
    method = AmplitudeMix(eta=0.8)
    means = [method(image, reference, np.random.default_rng(seed))[0].mean() - 100 for seed in range(400)]
    assert min(means) >= 0
    assert max(means) <= 80
    assert abs(np.mean(means) - 40) < 4
    assert abs(np.std(means) - 80 / np.sqrt(12)) < 3


@pytest.mark.parametrize(("pairing", "need"), [("target", "target"), ("cross_domain", "other_domain"), ("any", "any")])
def test_the_pairing_says_where_the_reference_comes_from(pairing: str, need: str) -> None:
    assert AmplitudeMix.model_validate({"pairing": pairing}).partner == need
