"""A nearly plain image is not stretched until its noise fills the reference's range."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment import reinhard, style_mix, whitening
from datatools.augment.gain import MOST, tempered
from datatools.augment.render import load
from tests.conftest import SHARED

Image = NDArray[np.uint8]
METHODS: dict[str, Callable[[Image, Image], Image]] = {
    "style_mix": lambda image, reference: style_mix.mix(image, reference, 0.0),
    "whitening": lambda image, reference: whitening.transfer(image, reference, 1.0),
    "reinhard": reinhard.transfer,
}
deviations = st.lists(st.floats(0, 120), min_size=3, max_size=3).map(np.array)


@given(deviations, deviations)
def test_the_factor_bounds_all_deviations_together_and_no_more_than_that(
    own: NDArray[np.float64], wanted: NDArray[np.float64]
) -> None:
    factor = tempered(own, wanted)
    assert 0 <= factor <= 1
    total, limit = np.linalg.norm(factor * wanted), MOST * np.linalg.norm(own)
    assert total <= limit * (1 + 1e-9)
    assert factor == 1 or total == pytest.approx(limit)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("noise", [1.0, 2.0, 4.0])
def test_the_noise_of_a_plain_image_grows_by_the_limit_at_most(
    name: str, noise: float, photo: Image, rng: np.random.Generator
) -> None:
    plain = np.clip(np.rint(rng.normal(120, noise, (60, 60, 3))), 0, 255).astype(np.uint8)
    result = METHODS[name](plain, photo).astype(float)
    assert result.std(axis=(0, 1)).max() < 9 * noise  # unbounded, it was 60 for any noise
    np.testing.assert_allclose(result.mean(axis=(0, 1)), photo.mean(axis=(0, 1)), atol=20)


@pytest.mark.parametrize("name", METHODS)
def test_a_faint_image_is_still_stretched(name: str, photo: Image) -> None:
    """A fifth of the reference's contrast is what a hazy photo has."""
    faint = np.rint(photo[::-1] / 5 + 100).astype(np.uint8)
    assert METHODS[name](faint, photo).std() > 4 * faint.std()


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_no_pair_of_photos_is_held_back() -> None:
    photos = [load(str(path), 96) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::80]]
    for space in (lambda one: one.reshape(-1, 3).std(axis=0), lambda one: reinhard.statistics(one.reshape(-1, 3))[1]):
        found = [space(one) for one in photos]
        assert all(tempered(own, wanted) == 1.0 for own in found for wanted in found)
    assert len(photos) > 40
