import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools import images
from datatools.denoise.estimate import Gate, Noise, estimate
from datatools.denoise.impulse import impulses, repair
from datatools.denoise.sigma import sigmas
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, drawing, scene, with_gaussian, with_impulses


@pytest.mark.parametrize("sigma", [5, 10, 25, 50])
@pytest.mark.parametrize("seed", range(3))
def test_known_noise_is_found(sigma: float, seed: int) -> None:
    assert estimate(with_gaussian(scene(seed), sigma, seed)).sigma == pytest.approx(sigma, rel=0.12)


def test_noise_that_is_the_same_in_all_channels_is_found_too() -> None:
    assert estimate(with_gaussian(scene(), 15, grey=True)).sigma == pytest.approx(15, rel=0.1)


def test_the_shortfall_of_the_flattest_windows_in_pure_noise() -> None:
    noise = np.random.default_rng(5).normal(0, 10, (800, 800, 2)).astype(np.float32)
    assert sigmas(noise, np.zeros(noise.shape, bool)) == pytest.approx([10, 10], rel=0.01)


@pytest.mark.parametrize("picture", [scene(0), scene(1), scene(2), drawing()], ids=["a", "b", "c", "drawing"])
def test_clean_pictures_with_edges_texture_and_lines_are_clean(picture: Picture) -> None:
    found = estimate(picture)
    assert found.sigma < 2
    assert found.impulse < 0.6 * Gate().impulse
    assert not Gate().kinds(found)


@given(st.integers(0, 5), st.lists(st.integers(2, 60), min_size=2, max_size=4, unique=True))
def test_more_noise_is_a_higher_estimate(seed: int, strengths: list[int]) -> None:
    found = [estimate(with_gaussian(scene(seed, 96), sigma)).sigma for sigma in sorted(strengths)]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05])
def test_the_share_of_impulses(share: float) -> None:
    found = estimate(with_impulses(scene(), share))
    assert found.impulse == pytest.approx(share, rel=0.25)
    assert found.sigma < 2  # impulses are not taken for Gaussian noise


def test_gaussian_noise_is_not_taken_for_impulses() -> None:
    for picture in (scene(), drawing()):
        assert estimate(with_gaussian(picture, 50)).impulse < Gate().impulse


def test_both_kinds_are_told_apart() -> None:
    found = estimate(with_impulses(with_gaussian(scene(), 15), 0.03))
    assert found.sigma == pytest.approx(15, rel=0.15)
    assert found.impulse == pytest.approx(0.03, rel=0.4)
    assert Gate().kinds(found) == {"gaussian", "impulse"}


def test_a_large_image_is_judged_by_tiles() -> None:
    large = np.tile(scene(0, 256), (6, 8, 1))
    assert estimate(with_gaussian(large, 12)).sigma == pytest.approx(12, rel=0.05)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_any_size_and_plain_colour_is_clean(height: int, width: int, level: int) -> None:
    assert estimate(np.full((height, width, 3), level, np.uint8)) == Noise(0, 0)


def test_pixels_of_a_line_are_no_impulses_and_single_pixels_are() -> None:
    page = np.full((60, 60, 3), 128, np.uint8)
    page[20, 5:50] = 0
    page[22:50, 30] = 255
    page[40, 10] = (0, 128, 255)
    spots = impulses(page)
    assert spots[40, 10].tolist() == [True, False, True]
    assert spots.sum() <= 2 + 4 * 3  # the ends of the two lines may count


def test_repair_takes_the_median_of_good_neighbours_and_touches_nothing_else() -> None:
    picture = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    mask = np.zeros(picture.shape, bool)
    mask[2, 2, 0] = mask[2, 3, 0] = True
    spoilt = picture.copy()
    spoilt[mask] = 255
    repaired = repair(spoilt, mask)
    good = [picture[y, x, 0] for y in (1, 2, 3) for x in (1, 2, 3) if not mask[y, x, 0]]
    assert repaired[2, 2, 0] == round(float(np.median(good)))
    assert np.array_equal(repaired[~mask], picture[~mask])


def test_repair_looks_further_where_all_neighbours_are_bad() -> None:
    picture = np.full((9, 9, 3), 77, np.uint8)
    mask = np.zeros(picture.shape, bool)
    mask[3:6, 3:6] = True
    spoilt = np.where(mask, np.uint8(0), picture)
    assert np.array_equal(repair(spoilt, mask), picture)
    everything = np.ones(picture.shape, bool)
    assert np.array_equal(repair(spoilt, everything), spoilt)  # nothing good to take a median of


def test_the_gate_opens_at_its_bounds() -> None:
    gate = Gate(sigma=8, impulse=0.01)
    assert gate.kinds(Noise(7.99, 0.0099)) == frozenset()
    assert gate.kinds(Noise(8, 0)) == {"gaussian"}
    assert gate.kinds(Noise(0, 0.01)) == {"impulse"}


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
def test_real_photos() -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::40]]
    clean = [bool(Gate().kinds(estimate(photo))) for photo in photos]
    assert np.mean(clean) < 0.03
    for sigma, error in ((5, 0.15), (10, 0.08), (25, 0.05), (50, 0.08)):
        found = [estimate(with_gaussian(photo, sigma)).sigma for photo in photos[::2]]
        assert float(np.median(np.abs(np.array(found) / sigma - 1))) < error
