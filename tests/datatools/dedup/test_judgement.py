import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatools.dedup import judgement
from datatools.dedup.thumbnail import thumbnail
from tests.datatools.dedup.pictures import Picture, cropped, scene

pytestmark = pytest.mark.xdist_group("compiled")

CROP = (0.05, 0.01, 0.02, 0.04)  # left, right, top, bottom
PLACE = np.array([0.04, -0.06, -0.02, -0.06])  # of the crop in the whole, see datatools.dedup.alignment


def small(picture: Picture) -> Picture:
    return thumbnail(picture).pixels


def test_a_picture_seen_from_no_distance_is_itself() -> None:
    whole = small(scene(1)).astype(np.float32)
    moved, overlap = judgement.warp(whole, np.zeros(4))
    np.testing.assert_allclose(moved, whole, atol=1e-3)
    assert overlap.all()


def test_a_picture_seen_from_a_crop_s_place_is_the_crop() -> None:
    whole, crop = small(scene(2, 800)).astype(np.float32), small(cropped(scene(2, 800), *CROP))
    moved, overlap = judgement.warp(whole, PLACE)
    assert overlap.all()
    assert np.abs(moved - crop).mean() < 1.5
    assert np.abs(whole - crop).mean() > 5


def test_where_there_is_nothing_to_see_is_no_overlap() -> None:
    moved, overlap = judgement.warp(np.full((16, 16, 1), 9, np.float32), np.array([0.5, 0.0, 0.0, 0.0]))
    assert overlap.sum() == 16 * 12
    assert not overlap[:, 12:].any()
    assert np.array_equal(moved[:, :, 0] > 0, overlap)


@pytest.mark.parametrize("turned", [False, True])
def test_a_crop_is_compared_at_its_place_whichever_comes_first(turned: bool) -> None:
    whole, crop = small(scene(3, 800)), small(cropped(scene(3, 800), *CROP))
    one, other = (crop, whole) if turned else (whole, crop)
    lying = judgement.as_they_are(one, other, 0.5)
    moved, place = judgement.as_a_crop(one, other, 0.5)
    assert lying.structure > 10
    assert moved.structure < 3
    expected = [-0.04 / 0.94, 0.06 / 0.94, 0.02 / 0.94, 0.06 / 0.94] if turned else PLACE
    np.testing.assert_allclose(place, expected, atol=0.005)


@given(st.integers(0, 50), st.sampled_from([2, 8, 32]))
def test_a_picture_is_halved_by_the_mean_of_four_pixels(seed: int, side: int) -> None:
    picture = np.random.default_rng(seed).uniform(0, 255, (side, side, 3)).astype(np.float32)
    expected = picture.reshape(side // 2, 2, side // 2, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(judgement.reduced(picture), expected, rtol=1e-5)
