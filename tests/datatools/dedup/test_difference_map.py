import cv2
import numpy as np
import pytest

from datatools.dedup.difference_map import draw
from datatools.dedup.thumbnail import thumbnail
from tests.datatools.dedup.pictures import Picture, brightened, cropped, scene

pytestmark = pytest.mark.xdist_group("compiled")


def drawn(one: Picture, other: Picture, cropped: bool = False, size: tuple[int, int] = (96, 64)) -> Picture:
    return draw(thumbnail(one), thumbnail(other), cropped, size)


def brightness(picture: Picture) -> float:
    return float(picture.astype(np.float64).mean())


def test_equal_pictures_give_a_dark_map_of_the_size_asked_for() -> None:
    found = drawn(scene(1), scene(1))
    assert found.shape == (64, 96, 3)
    assert found.max() < 10


def test_brightness_alone_is_no_difference() -> None:
    assert brightness(drawn(brightened(scene(1), 0.7), scene(1))) < 10


def test_what_differs_is_bright_where_it_differs() -> None:
    changed = scene(1).copy()
    cv2.circle(changed, (40, 120), 10, (255, 255, 255), -1)  # a quarter across, three quarters down
    found = drawn(scene(1), changed, size=(160, 160)).sum(axis=2)
    y, x = np.unravel_index(cv2.GaussianBlur(found.astype(np.float32), (0, 0), 4).argmax(), found.shape)
    assert abs(x - 40) < 8
    assert abs(y - 120) < 8
    assert found[:80].mean() < found[105:135, 25:55].mean() / 5


def test_a_crop_is_shown_at_its_place() -> None:
    whole, crop = scene(2, 320), cropped(scene(2, 320), 0.05, 0, 0.03, 0.02)
    assert brightness(drawn(whole, crop, cropped=True)) < brightness(drawn(whole, crop)) / 4


def test_plain_pictures_of_any_size_can_be_drawn() -> None:
    plain = np.full((1, 7, 3), 9, np.uint8)
    assert drawn(plain, plain, size=(1, 1)).shape == (1, 1, 3)
    assert drawn(plain, scene(1)).shape == (64, 96, 3)
    assert drawn(scene(1), plain, cropped=True).shape == (64, 96, 3)
