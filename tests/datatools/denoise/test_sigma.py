from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import fft, stats

from datatools import images
from datatools.denoise.sigma import KEPT, clipped, opponent_sigmas, opponent_strengths, sigmas
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, as_jpeg, carpet, demosaiced, drawing, scene, with_gaussian


def overall(picture: Picture | NDArray[np.uint16]) -> float:
    return float(np.sqrt(np.mean(np.square(opponent_sigmas(picture)))))


def slow(picture: Picture) -> float:
    """The noise of a single channel, block by block and window by window."""
    plane = picture[:, :, 0].astype(np.float64)
    rows, columns = plane.shape[0] // 4, plane.shape[1] // 4
    frequency = np.add.outer(range(4), range(4))
    powers, cut = {}, {}
    for row in range(rows):
        for column in range(columns):
            block = plane[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            powers[row, column] = fft.dctn(block, norm="ortho") ** 2
            cut[row, column] = np.count_nonzero((block == 0) | (block == 255))
    windows = []
    for row in range(rows - 1):
        for column in range(columns - 1):
            blocks = [(row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1)]
            left = KEPT[sum(cut[block] for block in blocks)]
            low = sum(powers[block][(frequency == 1) | (frequency == 2)].sum() for block in blocks)
            if left >= 0.1:
                windows.append((low / left, left, blocks))
    windows = sorted(windows, key=lambda window: window[0])[: max(16, len(windows) // 10)]
    shares: dict[tuple[int, int], list[float]] = {}
    for _, left, blocks in windows:
        for block in blocks:
            shares.setdefault(block, []).append(left)
    upper = np.array([powers[block][frequency >= 3] / np.mean(left) for block, left in shares.items()])
    means = upper.mean(axis=0)
    unequal = np.log(means).var() - 2 / len(upper)
    doubt = (upper**2).mean() / means.mean() ** 2 - 3 + 2 * np.sqrt(max(unequal, 0))
    trust = np.clip((1.3 - 5 / np.sqrt(len(upper)) - doubt) / 0.25, 0, 1)
    return float(np.sqrt(trust * means[frequency[frequency >= 3] >= 4].mean()))


@pytest.mark.parametrize("sigma", [4, 12, 40])
@pytest.mark.parametrize("seed", range(3))
def test_a_single_channel_is_judged_as_by_the_slow_way(sigma: float, seed: int) -> None:
    picture = with_gaussian(scene(seed, 97), sigma, seed)[:90, :, 1:2]
    assert opponent_sigmas(picture) == pytest.approx([slow(picture)], rel=1e-4)


@pytest.mark.parametrize("level", [0, 6, 240, 255])
def test_clipped_noise_is_judged_as_by_the_slow_way(level: int) -> None:
    ground = np.full((64, 80, 1), level, np.uint8)
    picture = with_gaussian(ground, 9)
    assert opponent_sigmas(picture) == pytest.approx([slow(picture)], rel=1e-4)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.75])
def test_what_is_left_of_clipped_noise(share: float) -> None:
    noise = np.random.default_rng(1).standard_normal(400_000)
    left = np.minimum(noise, stats.norm.ppf(1 - share)).var()
    assert np.interp(share, np.linspace(0, 1, len(KEPT)), KEPT) == pytest.approx(left, rel=0.02)
    assert KEPT[0] == 1
    assert KEPT[-1] == 0


def test_clipped_values_lie_at_the_very_ends_of_both_depths() -> None:
    levels = np.array([0, 1, 254, 255], np.uint8)
    assert clipped(levels).tolist() == [True, False, False, True]
    assert clipped(levels.astype(np.uint16) * 257).tolist() == [True, False, False, True]
    assert clipped(np.array([1, 65534], np.uint16)).tolist() == [False, False]


def test_pure_noise_is_found_without_bias_in_each_plane() -> None:
    noise = np.random.default_rng(5).normal(0, [10, 3], (800, 800, 2)).astype(np.float32)
    assert sigmas(noise, np.zeros(noise.shape, bool)) == pytest.approx([10, 3], rel=0.01)


def test_what_is_ignored_does_not_count_unless_nearly_all_is() -> None:
    noise = np.random.default_rng(6).normal(0, 10, (200, 200, 1)).astype(np.float32)
    noise[:, :120] *= 0.2
    ignore = np.zeros(noise.shape, bool)
    assert sigmas(noise, ignore) == pytest.approx([2], rel=0.1)
    ignore[:, :120] = True
    assert sigmas(noise, ignore) == pytest.approx([10], rel=0.1)
    assert sigmas(noise, np.ones(noise.shape, bool)) == pytest.approx([2], rel=0.1)


@pytest.mark.parametrize("sigma", [3, 5, 10, 25, 50])
@pytest.mark.parametrize("seed", range(3))
def test_noise_is_found_in_all_three_planes(sigma: float, seed: int) -> None:
    assert opponent_sigmas(with_gaussian(scene(seed), sigma, seed)) == pytest.approx([sigma] * 3, rel=0.12)


def test_noise_that_is_the_same_in_all_channels_is_in_brightness_alone() -> None:
    assert opponent_sigmas(with_gaussian(scene(), 15, grey=True)) == pytest.approx(
        [15 * 3**0.5, 0, 0], rel=0.1, abs=0.5
    )


@pytest.mark.parametrize("channel", range(3))
def test_noise_in_one_channel(channel: int) -> None:
    picture = scene()
    picture[:, :, channel] = with_gaussian(picture, 20)[:, :, channel]
    assert overall(picture) == pytest.approx(20 / 3**0.5, rel=0.1)


@pytest.mark.parametrize("clean", [scene(0), scene(1), scene(2), drawing(), carpet(0), carpet(1), carpet(2)])
def test_edges_lines_and_texture_are_not_noise(clean: Picture) -> None:
    for picture in (clean, as_jpeg(clean, 90), as_jpeg(clean, 30), clean[:, :, :1]):
        assert overall(picture) < 0.5


@pytest.mark.parametrize("period", [2, 3, 5, 6, 7])
def test_a_pattern_that_repeats_itself_is_not_noise(period: int) -> None:
    y, x = np.mgrid[:128, :128]
    board = np.where((x // period + y // period) % 2, 100, 130).astype(np.uint8)[:, :, None]
    for picture in (board, board.repeat(3, axis=2)):
        assert overall(picture) == 0


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_small_photos_are_not_noise_and_noise_of_colours_is_found_in_them() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::40]]
    for side in (24, 32):
        small = [images.resize(photo, side, side) for photo in photos]
        assert max(overall(photo) for photo in small) < 2
        assert np.median([overall(with_gaussian(photo, 10)) for photo in small]) == pytest.approx(10, rel=0.1)
        nearest = [np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_NEAREST)) for photo in photos]
        assert max(overall(photo) for photo in nearest) < 3


@pytest.mark.parametrize("picture", [scene(), carpet(), drawing(), with_gaussian(carpet(), 10), as_jpeg(scene(), 30)])
def test_grain_is_no_less_than_noise(picture: Picture) -> None:
    for one in (picture, picture[:, :, :1]):
        found = opponent_strengths(one)
        assert found.noise.shape == found.grain.shape == one.shape[2:]
        assert (found.noise <= found.grain).all()


def test_grain_is_all_of_the_noise_and_of_what_is_taken_for_texture() -> None:
    noisy = opponent_strengths(with_gaussian(scene(), 10))
    assert noisy.grain == pytest.approx(noisy.noise)
    for texture in (carpet(), demosaiced(scene(), 25)):
        found = opponent_strengths(texture)
        assert found.noise.max() < 0.5
        assert np.sqrt(np.square(found.grain).mean()) > 5


@pytest.mark.parametrize("sigma", [15, 25, 40])
def test_noise_is_even_whatever_the_camera_made_of_it(sigma: float) -> None:
    for noisy in (with_gaussian(scene(), sigma), demosaiced(scene(), sigma), as_jpeg(demosaiced(scene(), sigma), 95)):
        assert opponent_strengths(noisy).uneven[0] < 1.2


@pytest.mark.parametrize("seed", range(3))
def test_what_is_left_in_a_few_flat_blocks_only_is_uneven(seed: int) -> None:
    assert opponent_strengths(as_jpeg(with_gaussian(scene(seed), 10), 60)).uneven[0] > 5


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_most_texture_of_photos_is_less_even_than_the_noise_of_a_camera() -> None:
    found = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::10]]
    clean = [opponent_strengths(photo) for photo in found]
    texture = np.array([one.uneven[0] for one in clean if one.grain[0] > 3])
    noise = np.array([opponent_strengths(demosaiced(photo, 25)).uneven[0] for photo in found[::4]])
    assert np.mean(texture > 3) > 0.9
    assert np.mean(noise < 1) > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_a_carpet_holds_high_frequencies_and_the_noise_in_it_is_found_nevertheless(seed: int) -> None:
    planes = carpet(seed).astype(np.float32)
    assert sigmas(planes, np.zeros(planes.shape, bool)).min() > 5
    for sigma in (5, 10, 25):
        assert overall(with_gaussian(carpet(seed), sigma)) == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
def test_clipped_noise_is_found_as_strong_as_it_was(level: int, sigma: float) -> None:
    ground = np.full((128, 128, 3), level, np.uint8)
    assert overall(with_gaussian(ground, sigma)) == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
def test_noise_in_a_drawing_on_white(sigma: float) -> None:
    assert overall(with_gaussian(drawing(), sigma)) == pytest.approx(sigma, rel=0.12)


@given(st.integers(0, 5), st.lists(st.integers(2, 60), min_size=2, max_size=4, unique=True))
def test_more_noise_is_a_higher_estimate(seed: int, strengths: list[int]) -> None:
    found = [overall(with_gaussian(scene(seed, 96), sigma)) for sigma in sorted(strengths)]
    assert all(one < other for one, other in pairwise(found))


@given(st.integers(0, 9), st.integers(2, 40))
def test_both_depths_and_both_directions_give_the_same(seed: int, sigma: int) -> None:
    picture = with_gaussian(scene(seed, 96), sigma, seed)
    found = opponent_sigmas(picture)
    assert opponent_sigmas(picture.astype(np.uint16) * np.uint16(257)) == pytest.approx(found, rel=1e-4)
    assert opponent_sigmas(np.ascontiguousarray(picture.transpose(1, 0, 2))) == pytest.approx(found, rel=1e-3)


def test_sixteen_bits_show_noise_below_a_grey_level() -> None:
    levels = scene().astype(np.float64) * 257 + np.random.default_rng(3).normal(0, 0.5 * 257, scene().shape)
    assert overall(np.rint(levels).astype(np.uint16)) == pytest.approx(0.5, rel=0.25)


def test_noise_under_compression_is_found_as_weak_as_it_is() -> None:
    noisy = with_gaussian(scene(side=256), 15)
    assert 8 < overall(as_jpeg(noisy, 95)) < 15
    assert overall(as_jpeg(noisy, 40)) < 2


@given(st.integers(1, 19), st.integers(1, 60), st.sampled_from([1, 3]))
def test_what_is_too_small_has_no_estimate(height: int, width: int, channels: int) -> None:
    picture = np.random.default_rng(height).integers(0, 256, (height, width, channels), dtype=np.uint8)
    if (height // 4 - 1) * (width // 4 - 1) < 16:
        assert opponent_sigmas(picture).tolist() == [0.0] * channels
        assert sigmas(picture.astype(np.float32), np.zeros(picture.shape, bool)).tolist() == [0.0] * channels
