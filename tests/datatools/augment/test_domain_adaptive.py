"""What every method holds to that gives an image the look of a reference, in one table."""

import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.fda import Fda
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.method import PixelMethod
from datatools.augment.reinhard import Reinhard
from datatools.augment.whitening import Whitening

Image = NDArray[np.uint8]

METHODS: dict[str, PixelMethod] = {
    "fda": Fda(beta=0.1),
    "amplitude_mix": AmplitudeMix(),
    "histogram_match": HistogramMatch(blend=(0.5, 1.0)),
    "reinhard": Reinhard(),
    "whitening": Whitening(),
}
TABLE = pytest.mark.parametrize("name", METHODS)
SHAPES = [(1, 1), (1, 4), (4, 1), (2, 2), (7, 31), (33, 18)]


def applied(name: str, image: Image, reference: Image, seed: int = 0) -> Image:
    result, share = METHODS[name](image, reference, np.random.default_rng(seed))
    assert share == 1.0
    assert result.dtype == np.uint8
    assert result.shape == image.shape
    return result


@TABLE
@pytest.mark.parametrize("shape", SHAPES)
def test_images_of_any_shape_flat_ones_too_give_images(name: str, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    image, reference = random.integers(0, 256, (2, *shape, 3), dtype=np.uint8)
    for one in (image, np.zeros_like(image), np.full_like(image, 255)):
        for other in (reference, np.zeros_like(image), np.full_like(image, 255)):
            applied(name, one, other)


@TABLE
@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_is_its_own_reference(name: str, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert np.array_equal(applied(name, image, image.copy()), image)


@TABLE
def test_a_plain_image_becomes_nearly_the_references_plain_colour(name: str) -> None:
    plain, other = np.full((12, 15, 3), (10, 200, 90), np.uint8), np.full((12, 15, 3), (180, 20, 90), np.uint8)
    result = applied(name, plain, other)
    assert np.ptp(result.reshape(-1, 3), axis=0).max() == 0
    towards = (result[0, 0].astype(int) - plain[0, 0]) * (other[0, 0].astype(int) - plain[0, 0])
    assert (towards >= 0).all()
    assert towards.max() > 0


@TABLE
def test_grey_images_give_a_grey_image(name: str, photo: Image) -> None:
    image, reference = (np.repeat(photo[..., [channel]], 3, axis=2) for channel in (0, 2))
    assert np.ptp(applied(name, image, reference).astype(int), axis=2).max() <= (1 if name == "reinhard" else 0)


@TABLE
def test_memory_layout_and_earlier_calls_do_not_matter(name: str, photo: Image) -> None:
    reference = photo[::-1, ::-1]
    first = applied(name, photo, np.ascontiguousarray(reference), 3)
    applied(name, reference, photo, 4)
    locked = photo.copy()
    locked.flags.writeable = False  # as images come from the disk's cache
    wide = np.concatenate([photo, photo], axis=1)[:, : photo.shape[1]]
    for image in (locked, wide, np.asfortranarray(photo)):
        assert np.array_equal(applied(name, image, reference, 3), first)
    assert np.array_equal(locked, photo)
