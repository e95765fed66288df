from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.histogram_match import HistogramMatch, match
from datatools.errors import SettingsError
from datatools.settings import parse

Image = NDArray[np.uint8]


def slow_match(image: Image, reference: Image, share: float = 1.0) -> Image:
    """Channel by channel and level by level, with the distributions counted anew each time."""
    result = image.astype(float)
    for channel in range(3):
        own, wanted = image[..., channel], reference[..., channel]
        levels = sorted({int(level) for level in wanted.ravel()})
        heights = [float((wanted <= level).mean()) for level in levels]
        for level in {int(level) for level in own.ravel()}:
            moved = inverse(float((own <= level).mean()), heights, levels)
            result[..., channel][own == level] = level + share * (moved - level)
    return np.rint(result).astype(np.uint8)


def inverse(height: float, heights: list[float], levels: list[int]) -> float:
    """Where a cumulative distribution has a height; straight lines between the levels that occur."""
    above = bisect_left(heights, height - 1e-12)
    if above == 0:
        return levels[0]
    part = (height - heights[above - 1]) / (heights[above] - heights[above - 1])
    return levels[above - 1] + part * (levels[above] - levels[above - 1])


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 256), st.floats(0, 1), st.integers(0, 2**20))
@example(40, 40, 2, 1.0, 0)
@example(1, 60, 256, 1.0, 1)
def test_it_is_the_definition(pixels: int, others: int, levels: int, share: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (1, pixels, 3), dtype=np.uint8)
    reference = random.choice(256, levels, replace=False)[random.integers(0, levels, (others, 1, 3))].astype(np.uint8)
    difference = match(image, reference, share).astype(int) - slow_match(image, reference, share)
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.02  # halves, whose last bit differs


def test_a_rising_change_of_levels_is_recovered_exactly(photo: Image, rng: np.random.Generator) -> None:
    image, reference = photo // 3, np.uint8(2) * (photo // 3) + np.uint8(40)
    shuffled = rng.permutation(reference.reshape(-1, 3))[:, None]
    assert np.array_equal(match(image, shuffled), reference)


def test_the_distribution_becomes_the_references(rng: np.random.Generator) -> None:
    image = rng.integers(10, 240, (50, 90, 3), dtype=np.uint8)
    reference = np.clip(rng.normal(150, 20, (60, 70, 3)), 0, 255).astype(np.uint8)
    result = match(image, reference)
    parts = np.linspace(0.02, 0.98, 49)
    for channel in range(3):
        found = np.quantile(result[..., channel], parts)
        assert np.abs(found - np.quantile(reference[..., channel], parts)).max() <= 2


def test_it_is_its_own_reference_and_no_share_changes_nothing(photo: Image) -> None:
    assert np.array_equal(match(photo, photo), photo)
    assert np.array_equal(match(photo, photo[:7] // 2, 0.0), photo)


def test_a_plain_image_becomes_the_references_highest_levels(photo: Image) -> None:
    assert (match(np.full_like(photo, 77), photo) == photo.max(axis=(0, 1))).all()
    assert (match(photo, np.full_like(photo, 77)) == 77).all()


def test_the_share_is_drawn_between_its_limits() -> None:
    image, reference = np.full((4, 4, 3), 100, np.uint8), np.full((4, 4, 3), 200, np.uint8)
    method = HistogramMatch(blend=(0.2, 0.6))
    means = [method(image, reference, np.random.default_rng(seed))[0].mean() for seed in range(300)]
    assert min(means) >= 120
    assert max(means) <= 160
    assert abs(np.mean(means) - 140) < 3
    assert abs(np.std(means) - 40 / np.sqrt(12)) < 2
    assert (HistogramMatch()(image, reference, np.random.default_rng(0))[0] == 200).all()


@pytest.mark.parametrize("blend", [[0.5, 0.2], [0.0, 1.1], [-0.1, 1.0], [1.0]])
def test_limits_that_are_no_shares_in_rising_order_are_refused(blend: list[float]) -> None:
    with pytest.raises(SettingsError, match="blend"):
        parse(HistogramMatch, {"blend": blend}, "params.yaml: augment")
    assert parse(HistogramMatch, {"blend": [0.5, 1]}, "params.yaml: augment").blend == (0.5, 1.0)
