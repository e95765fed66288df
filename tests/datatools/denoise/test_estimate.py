from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools import images
from datatools.denoise.estimate import Gate, Noise, estimate, of_file
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, as_jpeg, carpet, drawing, scene, with_gaussian, with_impulses


@pytest.mark.parametrize("sigma", [3, 5, 10, 25, 50])
@pytest.mark.parametrize("seed", range(3))
def test_known_noise_is_found(sigma: float, seed: int) -> None:
    assert estimate(with_gaussian(scene(seed), sigma, seed)).sigma == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize("sigma", [5, 15, 40])
def test_noise_that_is_the_same_in_all_channels_is_as_strong_as_in_one(sigma: float) -> None:
    noisy = with_gaussian(scene(), sigma, grey=True)
    assert estimate(noisy).sigma == pytest.approx(sigma, rel=0.1)
    assert estimate(noisy[:, :, :1]).sigma == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize(
    "picture", [scene(0), scene(1), scene(2), drawing(), carpet()], ids=["a", "b", "c", "drawing", "carpet"]
)
def test_clean_pictures_with_edges_texture_and_lines_are_clean(picture: Picture) -> None:
    found = estimate(picture)
    assert found.sigma < 0.5
    assert found.impulse < 0.6 * Gate().impulse
    assert not Gate().kinds(found)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05])
def test_the_share_of_impulses(share: float) -> None:
    found = estimate(with_impulses(scene(), share))
    assert found.impulse == pytest.approx(share, rel=0.25)
    assert found.sigma < 0.5  # impulses are not taken for Gaussian noise


def test_dots_in_one_place_are_no_impulses() -> None:
    picture = scene()
    spotted = picture.copy()
    spotted[:40, :40] = with_impulses(picture, 0.2)[:40, :40]
    assert estimate(spotted).impulse < 0.1 * Gate().impulse
    assert estimate(with_impulses(picture, 0.2 / 16)).impulse > Gate().impulse


def test_gaussian_noise_is_not_taken_for_impulses() -> None:
    for picture in (scene(), drawing()):
        assert estimate(with_gaussian(picture, 50)).impulse < Gate().impulse


def test_both_kinds_are_told_apart() -> None:
    found = estimate(with_impulses(with_gaussian(scene(), 15), 0.03))
    assert found.sigma == pytest.approx(15, rel=0.1)
    assert found.impulse == pytest.approx(0.03, rel=0.4)
    assert Gate().kinds(found) == {"gaussian", "impulse"}


def test_a_large_image_is_judged_by_tiles_wherever_it_is_flat() -> None:
    large = np.tile(scene(0, 256), (6, 8, 1))
    assert estimate(with_gaussian(large, 12)).sigma == pytest.approx(12, rel=0.05)
    assert estimate(with_impulses(large, 0.02)).impulse == pytest.approx(0.02, rel=0.25)
    assert estimate(as_jpeg(large, 20)).blockiness > 1
    banner = large[:70]
    assert estimate(with_gaussian(banner, 12)).sigma == pytest.approx(12, rel=0.05)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255), st.sampled_from([1, 3]), st.booleans())
def test_any_size_depth_and_plain_colour_is_clean(
    height: int, width: int, level: int, channels: int, deep: bool
) -> None:
    image = np.full((height, width, channels), level, np.uint8)
    assert estimate(image.astype(np.uint16) * np.uint16(257) if deep else image) == Noise(0, 0, 0)


def test_the_estimate_leaves_the_image_as_it_is() -> None:
    picture = with_impulses(with_gaussian(scene(), 15), 0.03)
    before = picture.copy()
    estimate(picture)
    assert np.array_equal(picture, before)


def test_a_file_is_judged_at_its_own_depth(tmp_path: Path) -> None:
    for number, picture in enumerate(
        (with_gaussian(scene(), 8), with_gaussian(scene(), 8).astype(np.uint16)[:, :, :1] * 257)
    ):
        file = tmp_path / f"{number}.png"
        file.write_bytes(images.encode_png(picture.astype(np.uint16) if number else picture))
        assert of_file(str(file)) == estimate(picture.astype(np.uint16) if number else picture)
        assert of_file(str(file)).sigma == pytest.approx(8, rel=0.15)


def test_the_gate_opens_at_its_bounds() -> None:
    gate = Gate(sigma=8, impulse=0.01)
    assert gate.kinds(Noise(7.99, 0.0099)) == frozenset()
    assert gate.kinds(Noise(8, 0)) == {"gaussian"}
    assert gate.kinds(Noise(0, 0.01)) == {"impulse"}
    assert gate.kinds(Noise(0, 0, 99)) == frozenset()  # nothing treats blocks


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_real_photos() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::20]]
    assert max(estimate(photo).sigma for photo in photos) < 0.5
    for sigma in (5, 10, 25, 50):
        found = np.array([estimate(with_gaussian(photo, sigma)).sigma for photo in photos[::2]])
        errors = np.abs(found / sigma - 1)
        assert np.median(errors) < 0.02
        assert errors.max() < 0.15
