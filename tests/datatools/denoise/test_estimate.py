import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.denoise.estimate import estimate, gaussian, impulses

Picture = NDArray[np.uint8]


def scene(seed: int = 0, side: int = 160) -> Picture:
    """Smooth areas, hard edges and a woven texture, within 40 to 215 so that noise is not clipped."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(60, 190, (5, 5, 3), dtype=np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(picture, 60, 190)
    cv2.rectangle(picture, (20, 20), (70, 90), (70, 120, 60), -1)
    cv2.circle(picture, (110, 50), 30, (180, 90, 150), -1, cv2.LINE_AA)
    y, x = np.mgrid[100:150, 90:150]
    picture[100:150, 90:150] = (125 + 60 * np.sin(x / 2) * np.cos(y / 5))[..., None].astype(np.uint8)
    return np.asarray(picture, dtype=np.uint8)


def with_noise(picture: Picture, sigma: float, seed: int = 1) -> Picture:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def with_impulses(picture: Picture, share: float, seed: int = 2) -> Picture:
    drawn = np.random.default_rng(seed).random(picture.shape[:2])
    spoilt = picture.copy()
    spoilt[drawn < share / 2] = 0
    spoilt[drawn > 1 - share / 2] = 255
    return spoilt


@pytest.mark.parametrize("sigma", [5, 10, 20])
@pytest.mark.parametrize("seed", range(3))
def test_known_noise_is_found_within_a_tenth(sigma: float, seed: int) -> None:
    assert gaussian(with_noise(scene(seed), sigma, seed)) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_scene_with_edges_and_texture_is_clean(seed: int) -> None:
    found = estimate(scene(seed))
    assert found.sigma < 1
    assert found.impulse < 0.002


def test_texture_everywhere_is_not_noise() -> None:
    y, x = np.mgrid[0:160, 0:160]
    cloth = (128 + 50 * np.sin(x / 1.5) + 50 * np.sin(y / 1.7)).astype(np.uint8)
    assert gaussian(np.repeat(cloth[..., None], 3, axis=2)) == 0


def test_more_noise_is_a_higher_estimate() -> None:
    found = [gaussian(with_noise(scene(), sigma)) for sigma in (0, 4, 8, 16, 32)]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05])
def test_the_share_of_impulses(share: float) -> None:
    found = estimate(with_impulses(scene(), share))
    assert found.impulse == pytest.approx(share, rel=0.25)
    assert found.sigma < 2  # impulses are not taken for Gaussian noise


def test_thin_black_lines_on_white_are_no_impulses() -> None:
    page = np.full((120, 120, 3), 255, np.uint8)
    for offset in range(10, 110, 10):
        cv2.line(page, (5, offset), (115, offset), (0, 0, 0), 1)
        cv2.line(page, (offset, 5), (offset, 115), (0, 0, 0), 1)
    assert impulses(page)[..., 0].sum() <= 40  # at most the ends of the lines; half of what the gate lets pass


def test_a_plain_ground_that_clips_hides_no_noise_that_is_not_there() -> None:
    drawing = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(drawing, (64, 64), 40, (200, 60, 30), -1, cv2.LINE_AA)
    assert estimate(drawing).sigma == 0


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_any_size_and_plain_colour(height: int, width: int, level: int) -> None:
    found = estimate(np.full((height, width, 3), level, np.uint8))
    assert (found.sigma, found.impulse) == (0, 0)
