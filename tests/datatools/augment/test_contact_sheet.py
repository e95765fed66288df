import numpy as np

from datatools.augment.sheet import CELL, GAP, HEAD, amplified, contact_sheet
from tests.datatools.augment.gallery import picture


def test_every_picture_is_in_its_cell() -> None:
    rows = [[np.full((20, 20, 3), 40 * row + column, np.uint8) for column in range(3)] for row in range(2)]
    page = contact_sheet(rows, ["original", "second image", "derived"])
    assert page.shape == (HEAD + 2 * (CELL + GAP), GAP + 3 * (CELL + GAP), 3)
    for row in range(2):
        for column in range(3):
            centre = page[HEAD + row * (CELL + GAP) + CELL // 2, GAP + column * (CELL + GAP) + CELL // 2]
            assert (centre == 40 * row + column).all()


def test_long_pictures_keep_their_shape_and_leave_the_others_alone() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    page = contact_sheet([[wide]], ["x"])
    dark = (page[HEAD:] == 0).all(axis=2)
    assert dark.sum() == CELL * CELL // 4
    assert contact_sheet([], ["x"]).shape[0] == HEAD


def test_the_difference_is_amplified_around_grey() -> None:
    parent = picture(0)
    image = parent.copy()
    image[0, 0] += 3
    image[1, 1] -= 3
    shown = amplified(image, parent, 16)
    assert (shown[0, 0] == 176).all()
    assert (shown[1, 1] == 80).all()
    assert (shown[5, 5] == 128).all()
