import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from datatools.augment.whitening import linear_map, statistics, transfer

Image = NDArray[np.uint8]
Float = NDArray[np.float64]


def slow_transfer(image: Image, reference: Image, regularization: float) -> Image:
    """The closed form of the linear Monge-Kantorovich map, with the matrix roots of another algorithm (Schur)."""
    x, y = image.reshape(-1, 3).astype(float), reference.reshape(-1, 3).astype(float)
    source, wanted = (np.cov(one.T, bias=True) + regularization * np.eye(3) for one in (x, y))
    root = sqrtm(source).real
    inverse = np.linalg.inv(root)
    matrix = inverse @ sqrtm(root @ wanted @ root).real @ inverse
    moved = (x - x.mean(axis=0)) @ matrix.T + y.mean(axis=0)
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8).reshape(image.shape)


def definite(seed: int, least: float = 0.1) -> Float:
    """Return a random covariance."""
    factor = np.random.default_rng(seed).normal(0, 20, (3, 3))
    return factor @ factor.T + least * np.eye(3)


def muted(random: np.random.Generator, *shape: int) -> Image:
    """Return pixels in the middle, with channels that go together."""
    mixing = random.normal(0, 8, (3, 3))
    pixels = random.normal(0, 1, (*shape, 3)) @ mixing + random.uniform(100, 150, 3)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.1, 100), st.integers(0, 2**20))
def test_it_is_the_closed_form(height: int, width: int, regularization: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    reference = muted(random, 9, width)
    difference = transfer(image, reference, regularization).astype(int) - slow_transfer(
        image, reference, regularization
    )
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.02


@given(st.integers(0, 2**20), st.integers(0, 2**20))
@example(0, 0)
def test_the_map_is_symmetric_positive_and_gives_the_wanted_covariance(first: int, second: int) -> None:
    source, wanted = definite(first), definite(second)
    matrix = linear_map(source, wanted)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)
    assert np.linalg.eigvalsh((matrix + matrix.T) / 2).min() > 0
    np.testing.assert_allclose(matrix @ source @ matrix.T, wanted, rtol=1e-6, atol=1e-6)
    if first == second:
        np.testing.assert_allclose(matrix, np.eye(3), atol=1e-9)


@given(st.integers(0, 2**20), st.integers(0, 2**20))
def test_no_map_with_that_covariance_moves_colours_less(first: int, second: int) -> None:
    """CORAL's map is one of the others."""
    source, wanted = definite(first, 1.0), definite(second, 1.0)
    ours, coral = linear_map(source, wanted), sqrtm(wanted).real @ np.linalg.inv(sqrtm(source).real)

    def moved(matrix: Float) -> float:
        return float(np.trace((matrix - np.eye(3)) @ source @ (matrix - np.eye(3)).T))

    assert moved(ours) <= moved(coral) * (1 + 1e-9) + 1e-9


def test_the_result_has_the_references_mean_and_covariance(rng: np.random.Generator) -> None:
    image, reference = muted(rng, 60, 50), muted(rng, 40, 70)
    mean, covariance = statistics(transfer(image, reference, 0.01).reshape(-1, 3))
    wanted_mean, wanted = statistics(reference.reshape(-1, 3))
    np.testing.assert_allclose(mean, wanted_mean, atol=0.1)
    np.testing.assert_allclose(covariance, wanted, atol=0.02 * np.abs(wanted).max() + 0.1)


@pytest.mark.parametrize("shape", [(1, 3), (7, 3), (65_536, 3), (65_537, 3), (140_000, 3)])
def test_statistics_are_those_of_numpy(shape: tuple[int, int], rng: np.random.Generator) -> None:
    for pixels in (rng.integers(0, 256, shape, dtype=np.uint8), np.full(shape, 255, np.uint8)):
        mean, covariance = statistics(pixels)
        np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(covariance, np.cov(pixels.T, bias=True), atol=1e-6)


def test_grey_stays_grey_with_a_grey_reference(photo: Image) -> None:
    grey, reference = (np.repeat(photo[..., [channel]], 3, axis=2) for channel in (0, 1))
    result = transfer(grey, reference, 1.0)
    assert np.ptp(result, axis=2).max() == 0
    np.testing.assert_allclose(result.mean(), reference.mean(), atol=8)  # some of it is clipped


def test_a_grey_image_takes_the_colours_along_its_greys(photo: Image, rng: np.random.Generator) -> None:
    grey, reference = np.repeat(photo[..., :1], 3, axis=2), muted(rng, 40, 50)
    result = transfer(grey, reference, 1.0)
    np.testing.assert_allclose(result.mean(axis=(0, 1)), reference.mean(axis=(0, 1)), atol=0.5)
    colours_of_a_grey = {tuple(pixel) for pixel in result[grey[..., 0] == grey[0, 0, 0]]}
    assert len(colours_of_a_grey) == 1


def test_regularization_keeps_noise_from_becoming_colour(photo: Image, rng: np.random.Generator) -> None:
    nearly_grey = np.repeat(photo[..., :1] // 2 + 60, 3, axis=2) + rng.integers(0, 2, photo.shape, dtype=np.uint8)

    def noise(regularization: float) -> float:
        result = transfer(nearly_grey, photo, regularization).astype(float)
        return float((result[..., 0] - result[..., 1]).std())

    assert noise(100.0) < noise(1.0) / 3 < noise(0.01) / 4


def test_a_plain_image_takes_the_references_mean_colour(photo: Image) -> None:
    result = transfer(np.full_like(photo, 60), photo, 1.0)
    assert np.abs(result - photo.mean(axis=(0, 1))).max() <= 0.51
    assert (transfer(photo, np.full_like(photo, 60), 0.01) == 60).mean() > 0.9
