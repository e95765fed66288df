import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datatools.images import RGB
from finetune.preprocessing import Normalise, Preprocessing, to_tensor
from tests.finetune.pictures import photos

PLAIN = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), size=24)
SQUASH = PLAIN.model_copy(update={"fit": "squash"})
IMAGENET = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), size=24)

sides = st.integers(1, 90)


def triangle(length: int, size: int) -> NDArray[np.float64]:
    """Weights of an antialiased triangle filter, one output at a time; shape (size, length)."""
    scale = length / size
    reach = max(scale, 1.0)
    rows = []
    for position in range(size):
        centre = (position + 0.5) * scale
        weights = np.array([max(0.0, 1 - abs(x + 0.5 - centre) / reach) for x in range(length)])
        rows.append(weights / weights.sum())
    return np.stack(rows)


def slowly(image: RGB, preprocessing: Preprocessing) -> NDArray[np.float64]:
    top, left, height, width = preprocessing.window(*image.shape[:2])
    part = image[top : top + height, left : left + width].astype(np.float64)
    down, across = triangle(height, preprocessing.size), triangle(width, preprocessing.size)
    return np.asarray(np.einsum("ih,hwc,jw->ijc", down, part, across))


def noise(height: int, width: int, seed: int) -> RGB:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("recipe", [PLAIN, SQUASH])
@given(height=sides, width=sides, seed=st.integers(0, 5))
def test_both_forms_are_the_triangle_filter(recipe: Preprocessing, height: int, width: int, seed: int) -> None:
    image = noise(height, width, seed)
    exact = slowly(image, recipe)
    assert np.abs(recipe.pixels(image) - exact).max() <= 1.0  # Pillow rounds once per direction
    floats = Normalise(recipe)(to_tensor(image))[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(floats - exact).max() <= 0.01


@given(height=sides, width=sides)
def test_the_window_is_the_central_square(height: int, width: int) -> None:
    top, left, tall, wide = PLAIN.window(height, width)
    assert tall == wide == min(height, width)
    assert abs(2 * top + tall - height) <= 1
    assert abs(2 * left + wide - width) <= 1
    assert SQUASH.window(height, width) == (0, 0, height, width)


def test_an_image_of_the_right_size_is_not_touched() -> None:
    image = noise(24, 24, 0)
    assert np.array_equal(PLAIN.pixels(image), image)
    assert torch.equal(Normalise(PLAIN)(to_tensor(image)), to_tensor(image))


def test_a_very_long_image_stays_small() -> None:
    assert PLAIN.pixels(noise(1, 60_000, 0)).shape == (24, 24, 3)


def test_normalised_means_mean_zero_and_deviation_one() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    out = Normalise(IMAGENET)(torch.randn(4, 3, 24, 24, generator=generator) * std + mean)
    assert out.mean(dim=(0, 2, 3)).abs().max() < 0.1
    assert (out.std(dim=(0, 2, 3)) - 1).abs().max() < 0.1


def test_gradients_reach_the_pixels_of_the_original() -> None:
    module = Normalise(IMAGENET.model_copy(update={"size": 8})).double()
    image = torch.rand(1, 3, 10, 14, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (image,))
    (gradient,) = torch.autograd.grad(module(image).sum(), image)
    assert (gradient[..., 2:12] > 0).all()  # the central square
    assert not gradient[..., :2].any()
    assert not gradient[..., 12:].any()


def test_a_batch_holds_images_of_any_size() -> None:
    pictures = [*photos(2, 40, 60), *photos(1, 24, 24)]
    batch = IMAGENET.batch(pictures)
    assert batch.shape == (3, 3, 24, 24)
    assert batch.dtype == torch.uint8
    for picture, row in zip(pictures, batch, strict=True):
        assert np.array_equal(row.permute(1, 2, 0).numpy(), IMAGENET.pixels(picture))


def test_the_recipe_travels_as_json() -> None:
    assert Preprocessing.model_validate_json(IMAGENET.model_dump_json()) == IMAGENET
