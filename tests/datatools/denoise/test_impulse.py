from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from datatools import images
from datatools.denoise import impulse, impulse_kernels
from datatools.denoise.impulse import cleaned, companions, impulses, repair, rough_sigma, share_by_alone
from datatools.denoise.levels import Levels, step
from tests.conftest import SHARED
from tests.datatools.denoise.pictures import Picture, drawing, psnr, scene, with_gaussian, with_impulses

# Few levels, many of them at the ends or near: what the rules have to tell apart.
LEVELS = st.sampled_from([0, 3, 4, 5, 20, 60, 120, 128, 200, 240, 250, 251, 255])
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
PICTURES = SHAPES.flatmap(lambda shape: arrays(np.uint8, shape, elements=LEVELS))
LARGER = st.tuples(st.integers(2, 9), st.integers(2, 9), st.sampled_from([1, 3]))


def deep(picture: Picture) -> NDArray[np.uint16]:
    return picture.astype(np.uint16) * 257


def with_dots(picture: Picture, share: float, seed: int = 3) -> Picture:
    """Salt and pepper on whole pixels, all channels alike."""
    drawn = np.random.default_rng(seed).random((*picture.shape[:2], 1))
    return np.where(drawn < share / 2, 0, np.where(drawn > 1 - share / 2, 255, picture)).astype(np.uint8)


def gain(spoilt: Picture, clean: Picture) -> float:
    return psnr(cleaned(spoilt)[0], clean) - psnr(spoilt, clean)


def places(image: Levels) -> Iterator[tuple[int, int, int]]:
    yield from np.ndindex(*image.shape)


def neighbours(image: Levels, y: int, x: int) -> list[tuple[int, int]]:
    """The nearest four, then the corners; mirrored at the border."""
    height, width = image.shape[:2]
    return [
        (_mirrored(y + down, height), _mirrored(x + right, width))
        for down, right in [(-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]
    ]


def _mirrored(at: int, size: int) -> int:
    return min(abs(at), 2 * (size - 1) - at) if size > 1 else 0


def slow_impulses(image: Levels, jump: float) -> NDArray[np.bool_]:
    low, high, mask = 4 * step(image), 251 * step(image), np.zeros(image.shape, bool)
    for y, x, c in places(image):
        own = int(image[y, x, c])
        near = [at for at in neighbours(image, y, x) if abs(int(image[at][c]) - own) <= jump * step(image)]
        ends_a_line = len(near) == 1 and _goes_on(image, jump, own, (y, x), near[0], c)
        mask[y, x, c] = (own <= low or own >= high) and len(near) <= 1 and not ends_a_line
    return mask


def _goes_on(image: Levels, jump: float, own: int, first: tuple[int, int], at: tuple[int, int], c: int) -> bool:
    """Whether two more beyond a neighbour are alike, in its direction; the border turns back."""
    direction = neighbours(image, *first).index(at)
    for _ in range(2):
        at = neighbours(image, *at)[direction]
        if abs(int(image[at][c]) - own) > jump * step(image):
            return False
    return True


def slow_repair(image: Levels, mask: NDArray[np.bool_], smoothness: float) -> Levels:
    out = image.copy()
    bad = [place for place in places(image) if mask[place]]
    for y, x, c in bad:
        out[y, x, c] = _mean_of_sound(out, mask, y, x, c)
    curvature = 0.84 * (1 - smoothness)
    for _ in range(impulse.SWEEPS):
        for y, x, c in bad:
            level = _surface(out, y, x, c, curvature)
            guides = [n for n in range(image.shape[2]) if n != c and not mask[y, x, n]]
            if guides:
                level += (1 - smoothness) * np.mean(
                    [float(out[y, x, n]) - _surface(out, y, x, n, curvature) for n in guides]
                )
            out[y, x, c] = int(min(max(level + 0.5, 0), np.iinfo(image.dtype).max))
    return out


def _mean_of_sound(image: Levels, mask: NDArray[np.bool_], y: int, x: int, c: int) -> int:
    around = [(image[at][c], 2 if n < 4 else 1) for n, at in enumerate(neighbours(image, y, x)) if not mask[at][c]]
    radius = 1
    while not around and radius < impulse_kernels.FARTHEST:
        radius += 1
        window = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1, c]
        around = [(level, 1) for level in image[window][~mask[window]]]
    if not around:
        return int(image[y, x, c])
    weights = sum(weight for _, weight in around)
    return (sum(int(level) * weight for level, weight in around) + weights // 2) // weights


def _surface(image: Levels, y: int, x: int, c: int, curvature: float) -> float:
    levels = [float(image[at][c]) for at in neighbours(image, y, x)]
    return (1 + curvature) * float(np.mean(levels[:4])) - curvature * float(np.mean(levels[4:]))


@given(PICTURES, st.sampled_from([12, 40, 80]), st.booleans())
def test_impulses_are_those_of_a_slow_search(picture: Picture, jump: int, wide: bool) -> None:
    image = deep(picture) if wide else picture
    assert np.array_equal(impulses(image, least_jump=jump), slow_impulses(image, jump))


@given(
    LARGER.flatmap(
        lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.bool_, shape, elements=st.sampled_from([0, 0, 1])))
    ),
    st.booleans(),
    st.sampled_from([0, 10, 40]),
)
def test_repair_is_that_of_a_slow_loop(pair: tuple[Picture, NDArray[np.bool_]], wide: bool, sigma: float) -> None:
    image, mask = deep(pair[0]) if wide else pair[0], pair[1]
    found, slow = repair(image, mask, sigma), slow_repair(image, mask, sigma**2 / (sigma**2 + 10**2))
    assert np.abs(found.astype(int) - slow).max() <= 1  # a sum may round to the other side of a half
    assert np.array_equal(found[~mask], image[~mask])


@given(PICTURES, st.floats(0, 60))
def test_nothing_but_ends_of_the_range_changes_whatever_the_image(picture: Picture, sigma: float) -> None:
    for image in (picture, deep(picture)):
        before = image.copy()
        out = cleaned(image, sigma)[0]
        inside = (picture > 4) & (picture < 251)
        assert (out.shape, out.dtype) == (image.shape, image.dtype)
        assert np.array_equal(out[inside], image[inside])
        assert np.array_equal(image, before)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("spoil", [with_impulses, with_dots], ids=["values", "pixels"])
def test_both_depths_find_the_same(spoil: "object", share: float) -> None:
    spoilt = spoil(scene(), share)  # type: ignore[operator]
    assert np.array_equal(impulses(deep(spoilt)), impulses(spoilt))
    assert (
        np.abs(cleaned(deep(spoilt))[0] / 257 - cleaned(spoilt)[0]).mean() < 0.1
    )  # of the one, sums are rounded coarser


@pytest.mark.parametrize(("share", "least"), [(0.01, 32), (0.02, 32), (0.1, 30), (0.3, 20)])
def test_impulses_in_values_are_repaired_by_the_other_channels(share: float, least: float) -> None:
    assert gain(with_impulses(scene(), share), scene()) > least


@pytest.mark.parametrize(("share", "least"), [(0.01, 28), (0.02, 28), (0.1, 28), (0.3, 20)])
def test_impulses_in_pixels_are_repaired(share: float, least: float) -> None:
    assert gain(with_dots(scene(), share), scene()) > least


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_impulses_in_a_single_channel_are_repaired(share: float) -> None:
    clean = scene()[:, :, :1]
    assert gain(with_impulses(clean, share), clean) > 20


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
def test_cleaning_says_which_values_it_took_for_impulses(share: float) -> None:
    spoilt = with_impulses(scene(), share)
    repaired, mask = cleaned(spoilt)
    assert np.array_equal(repaired[~mask], spoilt[~mask])
    assert mask.mean() == pytest.approx(share, rel=0.04)


def test_later_passes_repair_impulses_that_touch() -> None:
    spoilt = with_impulses(scene(), 0.15)
    once = impulses(spoilt, 0, impulse.REPAIR_JUMP).sum()
    assert impulses(cleaned(spoilt)[0], 0, impulse.REPAIR_JUMP).sum() < 0.02 * once


def test_a_clean_picture_stays_bit_by_bit() -> None:
    assert np.array_equal(cleaned(scene())[0], scene())


def test_fine_lines_survive_among_impulses() -> None:
    page = np.full((60, 60, 3), 128, np.uint8)
    page[20, 5:50] = 0
    page[22:50, 30] = 255
    spoilt = with_impulses(page, 0.02)
    lost = np.abs(cleaned(spoilt)[0].astype(int) - page).max(axis=2) > 20
    assert lost[20, 5:50].sum() + lost[22:50, 30].sum() <= 4


def test_drawings_with_impulses_gain_too() -> None:
    assert gain(with_impulses(drawing(), 0.1), drawing()) > 3


def test_pixels_of_a_line_are_no_impulses_and_single_pixels_are() -> None:
    page = np.full((60, 60, 3), 128, np.uint8)
    page[20, 5:50] = 0
    page[22:50, 30] = 255
    page[40, 10] = (0, 128, 255)
    spots = impulses(page)
    assert spots[40, 10].tolist() == [True, False, True]
    assert spots.sum() == 2


def test_gaussian_noise_beside_them_is_not_taken_for_impulses() -> None:
    noisy = with_gaussian(drawing(), 40)
    assert (cleaned(noisy, 40)[0] != noisy).mean() < 0.005


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(100, 150))
def test_a_slope_is_continued(down: int, right: int, level: int) -> None:
    y, x = np.mgrid[:9, :9]
    slope = (level + down * y + right * x)[:, :, None].astype(np.uint8)
    mask = np.zeros(slope.shape, bool)
    mask[4, 4] = mask[2, 6] = mask[6, 1] = True
    assert np.array_equal(repair(np.where(mask, np.uint8(255), slope), mask), slope)


def test_detail_that_the_channels_share_is_restored_and_trusted_less_beside_noise() -> None:
    texture = np.random.default_rng(4).integers(60, 190, (40, 40, 1))
    picture = (texture + np.array([0, 20, -30])).astype(np.uint8)
    mask = np.zeros(picture.shape, bool)
    mask[2:-2:3, 2:-2:3, 1] = True
    spoilt = np.where(mask, np.uint8(0), picture)
    assert np.array_equal(repair(spoilt, mask), picture)
    assert np.abs(repair(spoilt, mask, sigma=30).astype(int) - picture)[mask].mean() > 10


def test_repair_looks_further_where_all_neighbours_are_bad() -> None:
    picture = np.full((21, 21, 3), 77, np.uint8)
    mask = np.zeros(picture.shape, bool)
    mask[6:15, 6:15] = True
    spoilt = np.where(mask, np.uint8(0), picture)
    assert np.array_equal(repair(spoilt, mask), picture)
    everything = np.ones(picture.shape, bool)
    assert np.array_equal(repair(picture, everything), picture)  # nothing sound to go by


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.1, 0.2])
def test_so_many_companions_that_few_impulses_have_more(share: float) -> None:
    allowed = companions(share)
    assert stats.binom.sf(allowed, 8, share / 2) <= impulse.MISSED or allowed == impulse.MOST_COMPANIONS
    assert allowed == impulse.COMPANIONS or stats.binom.sf(allowed - 1, 8, share / 2) > impulse.MISSED


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_impulses_may_have_more_companions(one: float, other: float) -> None:
    assert companions(min(one, other)) <= companions(max(one, other))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.35])
def test_the_share_follows_from_those_that_stand_alone(share: float) -> None:
    assert share_by_alone(share * stats.binom.cdf(1, 8, share / 2)) == pytest.approx(share, abs=0.001)


def test_more_than_any_impulses_that_stand_alone_are_taken_for_the_most() -> None:
    assert share_by_alone(0.9) == impulse.MOST_FOUND


def test_the_rough_estimate_sees_no_impulses_and_is_the_same_at_both_depths() -> None:
    noisy = with_gaussian(scene(), 20)
    assert rough_sigma(noisy) == pytest.approx(20, rel=0.1)
    assert rough_sigma(with_impulses(noisy, 0.3)) == pytest.approx(20, rel=0.1)
    assert rough_sigma(deep(noisy)) == pytest.approx(rough_sigma(noisy))


@given(arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(2, 9), st.sampled_from([1, 3])), elements=LEVELS))
def test_the_rough_estimate_is_the_median_over_squares(picture: Picture) -> None:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    squares = (
        picture[:height, :width].astype(int).reshape(height // 2, 2, width // 2, 2, picture.shape[2]).swapaxes(1, 2)
    )
    details = np.abs(squares[:, :, 0, 0] - squares[:, :, 0, 1] - squares[:, :, 1, 0] + squares[:, :, 1, 1]).ravel()
    inside = ((squares > 4) & (squares < 251)).all(axis=(2, 3)).ravel()
    chosen = np.sort(details[inside] if inside.sum() >= 0.02 * len(details) and inside.any() else details)
    lower = chosen[(len(chosen) - 1) // 2] if len(chosen) else 0
    assert rough_sigma(picture) == pytest.approx(lower / 2 / 0.6745)


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="the photos of ../shared are not there")
@pytest.mark.parametrize(("spoil", "least"), [(with_impulses, 35), (with_dots, 24)], ids=["values", "pixels"])
def test_real_photos_gain_what_was_measured(spoil: "object", least: float) -> None:
    photos = [images.read(path) for path in sorted((SHARED / "clothing").glob("*/*.jpg"))[::250]]
    gains = [gain(spoil(photo, 0.02), photo) for photo in photos]  # type: ignore[operator]
    assert np.mean(gains) > least
    assert min(gains) > 8
