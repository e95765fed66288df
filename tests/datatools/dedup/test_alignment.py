import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.dedup.alignment import FARTHEST, align, blurred, halved
from tests.datatools.dedup.pictures import Picture, cropped, scene

pytestmark = pytest.mark.xdist_group("compiled")

Plane = NDArray[np.float32]
SIDE = 800


def plane(picture: Picture, side: int = 64) -> Plane:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32)


def some_crop(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Up to 5 % off each side, in whole pixels."""
    left, right, top, bottom = np.round(rng.uniform(0, 0.05, 4) * SIDE) / SIDE
    return float(left), float(right), float(top), float(bottom)


def place_in_the_whole(left: float, right: float, top: float, bottom: float) -> NDArray[np.float64]:
    return np.array([left - right, -(left + right), top - bottom, -(top + bottom)])


@pytest.mark.parametrize(("side", "tolerance"), [(32, 0.02), (64, 0.01), (128, 0.01)])
def test_the_place_of_a_crop_is_found_whatever_its_brightness(side: int, tolerance: float) -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        whole, sides = scene(seed, SIDE), some_crop(rng)
        gain, offset = rng.uniform((0.7, -20), (1.3, 20)).astype(np.float32)
        crop = plane(cropped(whole, *sides), side) * gain + offset
        place, correlation = align(plane(whole, side), crop)
        np.testing.assert_allclose(place, place_in_the_whole(*sides), atol=tolerance, err_msg=f"seed {seed}")
        assert correlation > 0.99


def test_the_place_of_the_whole_is_found_from_the_crop() -> None:
    for seed in range(10):
        whole, sides = scene(seed, SIDE), some_crop(np.random.default_rng(seed))
        shift_x, scale_x, shift_y, scale_y = place_in_the_whole(*sides)
        inverse = [
            -shift_x / (1 + scale_x),
            -scale_x / (1 + scale_x),
            -shift_y / (1 + scale_y),
            -scale_y / (1 + scale_y),
        ]
        place, _ = align(plane(cropped(whole, *sides)), plane(whole))
        np.testing.assert_allclose(place, inverse, atol=0.01)


@pytest.mark.parametrize("side", [16, 32, 64])
def test_equal_planes_lie_on_each_other(side: int) -> None:
    for seed in range(5):
        same = plane(scene(seed), side)
        place, correlation = align(same, same)
        np.testing.assert_allclose(place, 0, atol=1e-6)
        assert correlation == pytest.approx(1)


@pytest.mark.parametrize("side", [16, 64])
def test_plain_and_unlike_planes_give_a_place_within_bounds(side: int) -> None:
    plain = np.full((side, side), 90, np.float32)
    stripes = np.repeat((np.arange(side) % 2 * 255).astype(np.float32)[None], side, axis=0)
    noise = np.random.default_rng(1).uniform(0, 255, (side, side)).astype(np.float32)
    shown = [plain, plain * 0, plain + np.eye(side, dtype=np.float32), stripes, noise, plane(scene(2), side)]
    for one in shown:
        for other in shown:
            place, correlation = align(one, other)
            assert np.abs(place).max() <= FARTHEST
            assert -1.000001 <= correlation <= 1.000001


def test_reducing_and_blurring_are_what_opencv_s_are() -> None:
    for seed in range(3):
        shown = plane(scene(seed))
        np.testing.assert_allclose(halved(shown), cv2.resize(shown, (32, 32), interpolation=cv2.INTER_AREA), atol=1e-3)
        kernel = np.array([0.25, 0.5, 0.25], np.float32)
        expected = cv2.sepFilter2D(shown, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
        np.testing.assert_allclose(blurred(shown), expected, atol=1e-3)
