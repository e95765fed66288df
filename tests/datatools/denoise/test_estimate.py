from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from datatools import images
from datatools.denoise.estimate import Gate, Noise, estimate, of_file
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import (
    Picture,
    as_jpeg,
    carpet,
    demosaiced,
    drawing,
    scene,
    with_gaussian,
    with_impulses,
)


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


def printed(size: int) -> Picture:
    """Lines of text, of two levels only."""
    page = Image.new("L", (256, 256), 255)
    draw = ImageDraw.Draw(page)
    draw.fontmode = "1"
    font = ImageFont.load_default(size)
    for y in range(2, 250 - size, size + 3):
        draw.text((3, y), "The quick brown fox jumps over the lazy dog; 0123456789 and so on, " * 2, fill=0, font=font)
    return np.asarray(page)[:, :, None]


def thresholded(picture: Picture) -> Picture:
    grey = picture[:, :, 1:2]
    return np.where(grey > np.median(grey), np.uint8(255), np.uint8(0))


def posterised(picture: Picture) -> Picture:
    return np.asarray(picture // 64 * 85, dtype=np.uint8)


def sharpened(picture: Picture, amount: float = 1) -> Picture:
    blurred = cv2.GaussianBlur(picture, (0, 0), 1).astype(float)
    return np.clip(picture + amount * (picture - blurred), 0, 255).astype(np.uint8)


def edges(picture: Picture) -> Picture:
    return np.asarray(cv2.Canny(picture, 80, 160), dtype=np.uint8)[:, :, None]


CHANGES = [thresholded, posterised, sharpened, edges]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(3))
def test_dots_that_a_picture_shows_are_no_impulses(change: Callable[[Picture], Picture], seed: int) -> None:
    assert estimate(change(carpet(seed))).impulse == 0


@pytest.mark.parametrize("size", [6, 8, 9, 10])
def test_print_in_black_and_white_is_no_impulses(size: int) -> None:
    for page in (printed(size), 255 - printed(size), np.repeat(printed(size), 3, axis=2)):
        assert estimate(page).impulse == 0


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_impulses_on_a_sharpened_picture_are_found(share: float) -> None:
    assert estimate(with_impulses(sharpened(scene()), share)).impulse == pytest.approx(share, rel=0.25)


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_photos_that_were_changed_have_no_impulses_and_spoilt_ones_do() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::80]]
    for change in CHANGES:
        assert max(estimate(change(photo)).impulse for photo in photos) < Gate().impulse
    for share in (0.01, 0.1, 0.3):
        assert min(estimate(with_impulses(photo, share)).impulse for photo in photos) > Gate().impulse


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


@pytest.mark.parametrize("sigma", [15, 25, 40])
def test_of_a_cameras_noise_the_grain_tells(sigma: float) -> None:
    assert estimate(scene()).grain < 0.5
    for noisy in (demosaiced(scene(), sigma), as_jpeg(demosaiced(scene(), sigma), 95)):
        found = estimate(noisy)
        assert found.sigma < Gate().sigma < found.grain
    found = estimate(with_gaussian(scene(), sigma))
    assert found.grain == pytest.approx(found.sigma)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255), st.sampled_from([1, 3]), st.booleans())
def test_any_size_depth_and_plain_colour_is_clean(
    height: int, width: int, level: int, channels: int, deep: bool
) -> None:
    image = np.full((height, width, channels), level, np.uint8)
    assert estimate(image.astype(np.uint16) * np.uint16(257) if deep else image) == Noise(0, 0, 0, 0)


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
