import base64

import numpy as np
import pytest
from numpy.typing import NDArray

from datatools import images
from datatools.page import pictures


def decoded(uri: str) -> NDArray[np.uint8]:
    return images.decode(base64.b64decode(uri.partition("base64,")[2]), "thumbnail")


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(300, 600, (64, 128)), (600, 300, (128, 64)), (1, 900, (1, 128))]
)
def test_the_longer_side_is_bounded_and_the_shape_kept(height: int, width: int, expected: tuple[int, int]) -> None:
    assert pictures.thumbnail(np.zeros((height, width, 3), np.uint8), 128).shape == (*expected, 3)


def test_small_pictures_are_not_enlarged(photo: NDArray[np.uint8]) -> None:
    assert pictures.thumbnail(photo, 128) is photo


@pytest.mark.parametrize("colour", [(200, 30, 90), (0, 0, 0), (255, 255, 255)])
def test_flat_drawings_are_stored_without_loss(colour: tuple[int, int, int]) -> None:
    drawing = np.full((20, 30, 3), 255, np.uint8)
    drawing[5:15, 5:25] = colour
    assert np.array_equal(decoded(pictures.data_uri(drawing, 128)), drawing)


def test_the_colours_of_photos_survive(photo: NDArray[np.uint8]) -> None:
    assert np.abs(decoded(pictures.data_uri(photo, 128)).astype(int) - photo).mean() < 4


@pytest.mark.parametrize("most", [150_000, 40_000, 9_000])
def test_a_bounded_picture_keeps_to_its_length_and_shape(most: int, rng: np.random.Generator) -> None:
    noise = rng.integers(0, 256, (300, 150, 3), dtype=np.uint8)
    uri = pictures.bounded_uri(noise, 280, most)
    height, width = decoded(uri).shape[:2]
    assert len(uri) <= most
    assert height <= 280
    assert height / width == pytest.approx(2, rel=0.05)


def test_a_bound_that_is_kept_anyway_costs_no_size(photo: NDArray[np.uint8]) -> None:
    assert decoded(pictures.bounded_uri(photo, 128, 100_000)).shape == photo.shape


def test_noise_is_not_worth_an_exact_copy(rng: np.random.Generator) -> None:
    noise = rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)
    assert len(pictures.data_uri(noise, 96)) < noise.size
