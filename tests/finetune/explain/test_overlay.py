import matplotlib as mpl
import numpy as np
import pytest

from datatools.images import RGB
from finetune.explain.overlay import DIMMED, SIDE, STRENGTH, overlay
from tests.finetune.pictures import photos

INFERNO = np.rint(np.asarray(mpl.colormaps["inferno"].colors) * 255)  # type: ignore[attr-defined]


def grey(value: int, height: int = 40, width: int = 60) -> RGB:
    return np.full((height, width, 3), value, np.uint8)


def test_left_is_the_picture_and_right_its_heat_within_the_window() -> None:
    photo = photos(1, 40, 60)[0]
    found = overlay(photo, np.ones((2, 2)), (0, 10, 40, 40))
    assert found.shape == (40, 120, 3)
    assert found.dtype == np.uint8
    assert np.array_equal(found[:, :60], photo)
    right = overlay(grey(100), np.ones((2, 2)), (0, 10, 40, 40))[:, 60:].astype(float)
    assert (right[:, :10] == DIMMED * 100).all()
    assert (right[:, 50:] == DIMMED * 100).all()
    assert np.abs(right[:, 10:50] - (STRENGTH * INFERNO[-1] + (1 - STRENGTH) * 100)).max() <= 1


def test_the_colours_are_inferno_scaled_to_the_greatest_heat() -> None:
    heat = np.arange(256, dtype=np.float32)[None, :] * 7
    black = overlay(grey(0, 4, 256), heat, (0, 0, 4, 256))[0, 256:].astype(float)
    assert np.abs(black - STRENGTH * INFERNO).max() <= 1.5


def test_no_heat_is_the_darkest_colour() -> None:
    found = overlay(grey(50), np.zeros((3, 3)), (0, 0, 40, 60))[:, 60:]
    assert np.abs(found - (STRENGTH * INFERNO[0] + (1 - STRENGTH) * 50)).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(40, 60), (900, 30), (3000, 2000), (1, 700), (256, 256)])
def test_large_pictures_are_shrunk_and_the_hottest_place_stays_where_it_was(height: int, width: int) -> None:
    side = min(height, width)
    window = ((height - side) // 2, (width - side) // 2, side, side)
    heat = np.zeros((5, 5))
    heat[4, 0] = 1
    found = overlay(grey(0, height, width), heat, window)
    assert max(found.shape[0], found.shape[1] // 2) == min(SIDE, max(height, width))
    right = found[:, found.shape[1] // 2 :].astype(int).sum(axis=2)
    row, column = (place.mean() for place in np.nonzero(right == right.max()))
    down, along = right.shape[0] / height, right.shape[1] / width
    assert abs(row - down * (window[0] + 0.9 * side)) <= max(1, 0.11 * side * down)
    assert abs(column - along * (window[1] + 0.1 * side)) <= max(1, 0.11 * side * along)
