from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import cleaning, noises
from datatools.denoise.levels import Levels, step

DEPTHS = pytest.mark.parametrize("depth", [np.uint8, np.uint16])
CHANNELS = pytest.mark.parametrize("channels", [1, 3])


def middle(depth: type[np.uint8 | np.uint16], channels: int, side: int = 200) -> Levels:
    return np.full((side, side, channels), 128 * (np.iinfo(depth).max // 255), depth)


@DEPTHS
@CHANNELS
@pytest.mark.parametrize("add", [noises.gaussian, noises.grey, noises.shot])
def test_noise_has_the_strength_that_it_is_asked_for(
    add: Callable[..., Levels], depth: type[np.uint8], channels: int
) -> None:
    clean = middle(depth, channels)
    noisy = add(clean, 20.0, "a")
    assert noisy.dtype == depth
    assert noisy.shape == clean.shape
    difference = (noisy.astype(float) - clean) / step(clean)
    assert difference.std() == pytest.approx(20.0, rel=0.02)
    assert abs(difference.mean()) < 0.3
    assert (clean == middle(depth, channels)).all()


def test_grey_noise_is_the_same_in_all_channels_and_gaussian_is_not() -> None:
    clean = middle(np.uint8, 3)
    assert (np.ptp(noises.grey(clean, 10.0), axis=2) == 0).all()
    assert np.ptp(noises.gaussian(clean, 10.0), axis=2).mean() > 5


def test_shot_noise_is_weak_where_it_is_dark() -> None:
    dark = np.full((200, 200, 1), 32, np.uint8)
    assert noises.shot(dark, 20.0).std() == pytest.approx(10.0, rel=0.05)


@DEPTHS
def test_impulses_strike_their_share_at_both_ends(depth: type[np.uint8]) -> None:
    clean, most = middle(depth, 3, 300), np.iinfo(depth).max
    struck = noises.impulses(clean, 0.1, "b")
    assert (struck == 0).mean() == pytest.approx(0.05, rel=0.1)
    assert (struck == most).mean() == pytest.approx(0.05, rel=0.1)
    dotted = noises.dots(clean, 0.1, "b")
    assert (np.ptp(dotted, axis=2) == 0).all()
    assert (dotted != clean).mean() == pytest.approx(0.1, rel=0.1)


def test_jpeg_keeps_the_colours_and_harms_detail_the_more_the_lower_its_quality() -> None:
    clean = np.random.default_rng(0).integers(0, 60, (32, 32, 3), np.uint8)
    clean[:, :, 0] += 150
    fine, coarse = noises.jpeg(clean, 90), noises.jpeg(clean, 10)
    assert fine.mean(axis=(0, 1)) == pytest.approx(clean.mean(axis=(0, 1)), abs=3)
    assert noises.psnr(coarse, clean) < noises.psnr(fine, clean) < noises.IDENTICAL


def test_a_stream_is_called_by_its_names() -> None:
    clean = middle(np.uint8, 3, 16)
    assert (noises.gaussian(clean, 5.0, 1, "a") == noises.gaussian(clean, 5.0, 1, "a")).all()
    assert (noises.gaussian(clean, 5.0, 1, "a") != noises.gaussian(clean, 5.0, 2, "a")).any()


@given(st.integers(1, 100))
def test_psnr_of_a_constant_error_is_its_formula(error: int) -> None:
    clean = np.full((8, 8, 1), 100, np.uint8)
    expected = min(noises.IDENTICAL, 20 * np.log10(255 / error))
    assert noises.psnr(clean + np.uint8(error), clean) == pytest.approx(expected)
    wide = clean.astype(np.uint16) * 257
    assert noises.psnr(wide + np.uint16(257 * error), wide) == pytest.approx(expected)


def test_identical_images_count_as_sixty() -> None:
    clean = middle(np.uint8, 3, 8)
    assert noises.psnr(clean, clean) == 60.0


def test_the_gain_is_a_mean_for_each_draw() -> None:
    clean = [middle(np.uint8, 1, 8), middle(np.uint8, 1, 8)]
    noisy = [image + np.uint8(10) for image in clean * 2]
    cleaned = [image + np.uint8(step) for image, step in zip(clean * 2, (1, 10, 5, 5), strict=True)]
    assert cleaning.gain(cleaned, noisy, clean).values == pytest.approx((10.0, 20 * np.log10(2)))


def test_megapixels_count_pixels_not_values() -> None:
    assert cleaning.megapixels([np.zeros((1000, 500, 3), np.uint8), np.zeros((1000, 500, 1), np.uint16)]) == 1.0
