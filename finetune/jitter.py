"""Random resized crops and colour changes of a batch, as operations on the device that trains.

Crops of random area and aspect ratio: Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 6. Colours: Howard, "Some
improvements on deep convolutional neural network based image classification", 2013, section 2.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Floats = NDArray[np.float32]

RATIO = 4 / 3  # of the sides, at most
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
NEUTRAL = {"crop": (0.0, 0.0, 1.0, 1.0), "colour": (1.0, 1.0, 1.0)}


def windows(random: np.random.Generator, count: int, most: float) -> Floats:
    """Return top, left, height and width of crops as shares of the image's sides, shape (count, 4).

    Args:
        most: largest share of the area that a crop leaves out, in [0, 1).
    """
    area = random.uniform(1.0 - most, 1.0, count)
    ratio = np.exp(random.uniform(-math.log(RATIO), math.log(RATIO), count))
    sides = np.minimum(np.sqrt(np.stack([area / ratio, area * ratio], axis=1)), 1.0)
    return np.concatenate([random.random((count, 2)) * (1.0 - sides), sides], axis=1).astype(np.float32)


def factors(random: np.random.Generator, count: int, most: float) -> Floats:
    """Return factors on brightness, contrast and saturation, each in [1 - most, 1 + most], shape (count, 3)."""
    return random.uniform(1.0 - most, 1.0 + most, (count, 3)).astype(np.float32)


def cropped(images: Tensor, crops: Tensor) -> Tensor:
    """Return each image's crop at the image's size, interpolated between its four nearest pixels.

    Args:
        images: float, shape (N, channels, height, width).
        crops: shape (N, 4), see :func:`windows`; a crop that is the whole image gives the image.
    """
    top, left, height, width = crops.to(images).unbind(dim=1)
    zero = torch.zeros_like(top)
    # grid_sample's coordinates: -1 is the upper left edge, 1 the lower right one.
    across = torch.stack([width, zero, 2 * left + width - 1], dim=1)
    down = torch.stack([zero, height, 2 * top + height - 1], dim=1)
    grid = functional.affine_grid(torch.stack([across, down], dim=1), list(images.shape), align_corners=False)
    found = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    whole = (crops == torch.tensor(NEUTRAL["crop"], device=crops.device)).all(dim=1).to(images.device)
    return torch.where(whole[:, None, None, None], images, found)


def coloured(images: Tensor, colours: Tensor) -> Tensor:
    """Return images with changed brightness, contrast (around the mean grey) and saturation (around the grey), clipped to [0, 1].

    Args:
        images: RGB, float in [0, 1], shape (N, 3, height, width).
        colours: shape (N, 3), see :func:`factors`.
    """
    brightness, contrast, saturation = (factor.view(-1, 1, 1, 1) for factor in colours.to(images).unbind(dim=1))
    bright = (images * brightness).clamp(0.0, 1.0)
    level = _grey(bright).mean(dim=(1, 2, 3), keepdim=True)
    contrasted = (level + contrast * (bright - level)).clamp(0.0, 1.0)
    grey = _grey(contrasted)
    return (grey + saturation * (contrasted - grey)).clamp(0.0, 1.0)


def _grey(images: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, dtype=images.dtype, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)
