import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.augment.cutmix import CutMix, draw_box


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**20))
def test_the_share_is_that_of_the_pixels(height: int, width: int, seed: int) -> None:
    black, white = np.zeros((height, width, 3), np.uint8), np.full((height, width, 3), 255, np.uint8)
    result, share = CutMix()(black, white, np.random.default_rng(seed))
    assert share == pytest.approx((result[..., 0] == 0).mean())
    assert set(np.unique(result)) <= {0, 255}


@given(st.integers(0, 2**20), st.floats(0, 1))
def test_what_is_replaced_is_one_box_of_the_images_proportions(seed: int, kept: float) -> None:
    height, width = 60, 40
    box = draw_box(height, width, kept, np.random.default_rng(seed))
    assert 0 <= box.top <= height
    assert 0 <= box.left <= width
    assert box.bottom - box.top <= round(height * (1 - kept) ** 0.5)
    assert box.right - box.left <= round(width * (1 - kept) ** 0.5)
    whole = box.top > 0 and box.bottom < height and box.left > 0 and box.right < width
    if whole:  # nothing was clipped
        assert abs(box.area / (height * width) - (1 - kept)) < 0.05


def test_the_ends_keep_all_or_nothing_but_what_is_clipped() -> None:
    assert draw_box(30, 30, 1.0, np.random.default_rng(0)).area == 0
    areas = [draw_box(30, 30, 0.0, np.random.default_rng(seed)).area for seed in range(200)]
    assert max(areas) <= 900
    assert min(areas) >= 15 * 15  # a centre in a corner leaves a quarter


def test_pixels_of_the_box_are_the_partners(photo: np.ndarray) -> None:
    other = photo[::-1].copy()
    result, share = CutMix(alpha=1.0)(photo, other, np.random.default_rng(3))
    assert 0 < share < 1
    assert ((result == photo) | (result == other)).all()
