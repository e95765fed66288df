import base64

import numpy as np
import pytest
from numpy.typing import NDArray

from datatools import images
from datatools.report import pictures


def decoded(uri: str) -> NDArray[np.uint8]:
    return images.decode(base64.b64decode(uri.partition("base64,")[2]), "thumbnail")


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(300, 600, (64, 128)), (600, 300, (128, 64)), (1, 900, (1, 128))]
)
def test_the_longer_side_is_bounded_and_the_shape_kept(height: int, width: int, expected: tuple[int, int]) -> None:
    assert pictures.thumbnail(np.zeros((height, width, 3), np.uint8), 128).shape == (*expected, 3)


def test_small_pictures_are_not_enlarged(photo: NDArray[np.uint8]) -> None:
    assert pictures.thumbnail(photo, 128) is photo


def test_colours_survive_in_both_formats(photo: NDArray[np.uint8]) -> None:
    flat = np.full((20, 30, 3), (200, 30, 90), np.uint8)
    uris = [pictures.data_uri(image, 128) for image in (flat, photo)]
    assert [uri.partition(";")[0] for uri in uris] == ["data:image/png", "data:image/jpeg"]
    assert np.array_equal(decoded(uris[0]), flat)
    assert np.abs(decoded(uris[1]).astype(int) - photo).mean() < 4
