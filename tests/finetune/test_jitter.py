import numpy as np
import torch

from finetune import jitter
from finetune.views import Views

NAMES = [f"image {number}" for number in range(30)]


def test_windows_lie_inside_and_have_the_stated_area_and_ratio() -> None:
    found = jitter.windows(np.random.default_rng(0), 5000, 0.75)
    top, left, height, width = found.T
    assert min(top.min(), left.min()) >= 0
    assert (top + height).max() <= 1 + 1e-6
    assert (left + width).max() <= 1 + 1e-6
    area, ratio = height * width, width / height
    assert area.min() > 0.2
    assert area.max() <= 1 + 1e-6
    assert ratio.min() >= 3 / 4 - 1e-5
    assert ratio.max() <= 4 / 3 + 1e-5


def test_a_crop_of_a_gradient_is_the_gradient_of_its_window() -> None:
    side = 64
    across = ((torch.arange(side) + 0.5) / side).expand(3, side, side)
    images = torch.stack([across, across.transpose(1, 2)])
    crops = torch.tensor([[0.1, 0.25, 0.5, 0.5], [0.2, 0.3, 0.4, 0.6]])
    found = jitter.cropped(images, crops)
    inner = slice(2, -2)  # the border is repeated beyond the image
    wanted = 0.25 + 0.5 * across[0, 0]
    assert torch.allclose(found[0, 0, 30, inner], wanted[inner], atol=1e-4)
    assert torch.allclose(found[1, 0, inner, 30], (0.2 + 0.4 * across[0, 0])[inner], atol=1e-4)


def test_the_whole_window_and_factors_of_one_change_no_bit() -> None:
    images = torch.rand(3, 3, 17, 19)
    whole = torch.tensor([jitter.NEUTRAL["crop"]] * 3)
    assert torch.equal(jitter.cropped(images, whole), images)
    assert torch.allclose(jitter.coloured(images, torch.ones(3, 3)), images, atol=1e-6)


def test_colours_change_brightness_contrast_and_saturation_as_stated() -> None:
    images = torch.rand(1, 3, 16, 16) * 0.5 + 0.2
    darker = jitter.coloured(images, torch.tensor([[0.5, 1.0, 1.0]]))
    flat = jitter.coloured(images, torch.tensor([[1.0, 0.0, 1.0]]))
    grey = jitter.coloured(images, torch.tensor([[1.0, 1.0, 0.0]]))
    assert torch.allclose(darker, images / 2, atol=1e-6)
    assert float(flat.std()) < 1e-6
    assert torch.allclose(grey[:, 0], grey[:, 2], atol=1e-6)
    luma = torch.tensor(jitter.LUMA).view(1, 3, 1, 1)
    assert torch.allclose((grey * luma).sum(1), (images * luma).sum(1), atol=1e-5)


def test_variants_are_drawn_by_name_and_the_first_view_is_the_image() -> None:
    views = Views(count=4, crop=0.5, colour=0.3, flip=False)
    alone, among = views.variants(NAMES[5:6], 0, 16), views.variants(NAMES, 0, 16)
    assert alone.crops is not None
    assert among.crops is not None
    assert among.colours is not None
    assert torch.equal(alone.crops[0], among.crops[5])
    pixels = torch.randint(0, 256, (30, 3, 16, 16), dtype=torch.uint8)
    rows = torch.arange(30)
    first = among.images(pixels, rows, torch.zeros_like(rows))
    assert torch.allclose(first, pixels / 255, atol=1e-6)
    second = among.images(pixels, rows, torch.ones_like(rows))
    assert (second - first).abs().mean() > 0.01
    assert second.min() >= 0
    assert second.max() <= 1
