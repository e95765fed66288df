import numpy as np
import pytest
from numpy.typing import NDArray

from datatools.augment import randconv
from datatools.augment.randconv import RandConv, convolved

Image = NDArray[np.uint8]


def slow(image: Image, kernels: NDArray[np.float64], own: float) -> NDArray[np.float64]:
    """The layer as a sum over places."""
    values, half = image / 127.5 - 1.0, kernels.shape[2] // 2
    padded = np.pad(values, ((half, half), (half, half), (0, 0)), mode="reflect")
    out = np.zeros(values.shape)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            window = padded[y : y + 2 * half + 1, x : x + 2 * half + 1]
            out[y, x] = np.einsum("ijc,ocij->o", window, kernels)
    return np.clip(own * values + (1 - own) * out, -1, 1) * 127.5 + 127.5


@pytest.mark.parametrize("size", [1, 3, 7])
def test_it_is_a_convolution_mixed_with_the_image(size: int) -> None:
    random = np.random.default_rng(size)
    image = random.integers(0, 256, (11, 9, 3), dtype=np.uint8)
    kernels = random.normal(scale=0.3, size=(3, 3, size, size))
    assert np.abs(convolved(image, kernels, 0.4) - slow(image, kernels, 0.4)).max() <= 0.5 + 1e-6


def test_all_of_the_image_is_the_image(photo: Image) -> None:
    assert np.array_equal(convolved(photo, np.ones((3, 3, 3, 3)), 1.0), photo)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 30, 3), (5, 5, 3)])
def test_small_images_work(shape: tuple[int, int, int]) -> None:
    result, share = RandConv(sizes=(7,))(np.full(shape, 90, np.uint8), None, np.random.default_rng(0))
    assert (result.shape, result.dtype, share) == (shape, np.uint8, 1.0)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_weights_have_the_papers_scale(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[NDArray[np.float64]] = []

    def spied(image: Image, kernels: NDArray[np.float64], own: float) -> Image:
        drawn.append(kernels)
        return convolved(image, kernels, own)

    monkeypatch.setattr(randconv, "convolved", spied)
    for seed in range(400):
        RandConv.model_validate({"sizes": (size,)})(np.zeros((8, 8, 3), np.uint8), None, np.random.default_rng(seed))
    assert {kernels.shape for kernels in drawn} == {(3, 3, size, size)}
    assert np.std(drawn) == pytest.approx((3 * size * size) ** -0.5, rel=0.05)
    assert abs(np.mean(drawn)) < 0.05 * np.std(drawn)
