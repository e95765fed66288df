import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.style_mix import StyleMix, mix

Image = NDArray[np.uint8]


def slow_mix(image: Image, reference: Image, weight: float) -> Image:
    """MixStyle, equations 3 to 5, channel by channel."""
    result = np.empty(image.shape)
    for channel in range(3):
        x, y = image[..., channel] / 255, reference[..., channel] / 255
        mu, sigma = x.mean(), np.sqrt(x.var() + 1e-6)
        other_mu, other_sigma = y.mean(), np.sqrt(y.var() + 1e-6)
        gamma = weight * sigma + (1 - weight) * other_sigma
        beta = weight * mu + (1 - weight) * other_mu
        result[..., channel] = gamma * (x - mu) / sigma + beta
    return np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8)


@given(st.floats(0, 1), st.integers(0, 2**20))
def test_it_is_the_papers_formula(weight: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    reference = random.integers(40, 90, (6, 11, 3), dtype=np.uint8)
    difference = mix(image, reference, weight).astype(int) - slow_mix(image, reference, weight)
    assert np.abs(difference).max() <= 1


def test_its_own_statistics_change_nothing(photo: Image) -> None:
    assert np.array_equal(mix(photo, photo[:20] // 2, 1.0), photo)
    assert np.array_equal(mix(photo, photo[::-1].copy(), 0.3), photo)


def test_a_weight_of_zero_gives_the_references_tint_and_contrast(photo: Image, rng: np.random.Generator) -> None:
    image, reference = photo // 2 + 60, rng.integers(90, 150, (20, 20, 3), dtype=np.uint8)
    result = mix(image, reference, 0.0).astype(float)
    np.testing.assert_allclose(result.mean(axis=(0, 1)), reference.mean(axis=(0, 1)), atol=0.5)
    np.testing.assert_allclose(result.std(axis=(0, 1)), reference.std(axis=(0, 1)), atol=0.5)


def test_a_flat_channel_takes_the_references_mean(photo: Image) -> None:
    flat = np.full_like(photo, 77)
    result = mix(flat, photo, 0.0)
    assert (result == np.rint(photo.mean(axis=(0, 1)))).all()


@pytest.mark.parametrize(("pairing", "need"), [("cross_domain", "other_domain"), ("any", "any")])
def test_the_pairing_says_where_the_reference_comes_from(pairing: str, need: str) -> None:
    assert StyleMix.model_validate({"pairing": pairing}).partner == need


def test_the_weight_is_drawn_from_beta(photo: Image) -> None:
    image, reference = np.full((8, 8, 3), 0, np.uint8), np.full((8, 8, 3), 255, np.uint8)
    image[::2], reference[::2] = 10, 245
    means = [StyleMix(alpha=1.0)(image, reference, np.random.default_rng(seed))[0].mean() for seed in range(300)]
    assert abs(np.mean(means) - 127.5) < 12
    assert abs(np.std(means) - 245 / np.sqrt(12)) < 8
