import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.augment.cutmix import Box
from datatools.augment.poisson import MARGIN, PoissonPaste, ellipse, seamless

Image = NDArray[np.uint8]
BOX = Box(8, 27, 10, 31)


@given(st.integers(0, 2**20), st.integers(12, 50), st.integers(12, 50))
def test_an_image_pasted_into_itself_is_unmoved(seed: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    image = np.add.outer(np.arange(height) * 3, np.arange(width) * 2)[..., None] + random.integers(0, 9, 3)
    image = np.clip(image, 0, 255).astype(np.uint8)
    result, share = PoissonPaste()(image, image, random)
    assert np.abs(result.astype(int) - image).max() <= 3
    assert 0 < share < 1


def test_the_gradients_inside_come_from_the_piece_and_those_outside_do_not(rng: np.random.Generator) -> None:
    image = np.full((40, 44, 3), 120, np.uint8)
    mask = ellipse(40, 44, BOX)
    other = np.full_like(image, 60) + rng.integers(0, 40, image.shape, dtype=np.uint8)
    result = seamless(image, other, mask, mixed=False).astype(int)
    inside = mask > 0
    deep = ellipse(40, 44, Box(BOX.top + 3, BOX.bottom - 3, BOX.left + 3, BOX.right - 3)) > 0
    assert np.corrcoef(result[deep][:, 0], other[deep][:, 0])[0, 1] > 0.95
    assert abs(result[inside].mean() - 120) < 12  # the colour is that of the surroundings
    around = np.ones(inside.shape, dtype=bool)
    around[BOX.top - MARGIN : BOX.bottom + MARGIN, BOX.left - MARGIN : BOX.right + MARGIN] = False
    assert (result[around] == 120).all()


def test_mixed_keeps_the_texture_below(rng: np.random.Generator) -> None:
    image = rng.integers(60, 200, (40, 44, 3), dtype=np.uint8)
    flat, mask = np.full_like(image, 90), ellipse(40, 44, BOX)
    kept = seamless(image, flat, mask, mixed=True)[mask > 0].std()
    assert kept > 2 * seamless(image, flat, mask, mixed=False)[mask > 0].std()


def test_the_share_is_that_of_the_mask(rng: np.random.Generator) -> None:
    mask = ellipse(40, 44, BOX)
    assert (mask > 0).mean() == pytest.approx(np.pi / 4 * 19 * 21 / (40 * 44), rel=0.05)
    image = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    shares = [PoissonPaste(side=(0.3, 0.3))(image, image, np.random.default_rng(seed))[1] for seed in range(5)]
    assert len(set(shares)) == 1
    assert shares[0] == pytest.approx(1 - np.pi / 4 * 0.3**2 * (52 * 72) / (60 * 80), abs=0.01)


def test_an_image_without_room_stays() -> None:
    image = np.full((11, 50, 3), 7, np.uint8)
    result, share = PoissonPaste()(image, image + 90, np.random.default_rng(0))
    assert np.array_equal(result, image)
    assert share == 1.0
