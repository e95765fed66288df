import numpy as np

from datatools.dedup.gallery import TILE, Example, Side, draw
from tests.datatools.dedup.pictures import scene


def test_without_pairs_it_says_so() -> None:
    picture = draw([])
    assert picture.min() < 100  # there is text on the white


def test_both_images_of_each_pair_are_shown() -> None:
    red, blue = np.zeros((40, 80, 3), np.uint8), np.zeros((80, 20, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    picture = draw([Example(Side(red, "one/ü.png"), Side(blue, "b" * 50), 3)] * 5)
    assert picture.dtype == np.uint8
    for colour, height, width in (((255, 0, 0), TILE // 2, TILE), ((0, 0, 255), TILE, TILE // 4)):
        assert (picture == colour).all(axis=2).sum() == 5 * height * width


def test_the_same_pairs_give_the_same_picture() -> None:
    example = Example(Side(scene(0), "a.png"), Side(scene(1), "b.png"), 7)
    assert np.array_equal(draw([example]), draw([example]))
