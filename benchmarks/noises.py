"""Noise of known strength on real photos, and how far an image is from the one it should be.

Noisy images are rounded and clipped to their depth, as a file would hold them: near black and white noise is weaker than its name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import photos
from datatools import images, seeds
from datatools.denoise.levels import Levels, step

COUNT, APART = 20, 189  # clothing photos, every so many
IDENTICAL = 60.0  # dB, for an image that is the same to the bit or nearly
MIDDLE = 128  # grey levels, where shot noise has the strength that is asked for

Name = str | int


def some(count: int = COUNT, apart: int = APART) -> list[Path]:
    """Return files of clothing photos from all over the set, none where it is not there."""
    return photos.sources()[::apart][:count]


def gaussian(image: Levels, sigma: float, *names: Name) -> Levels:
    """Return the image with Gaussian noise, each value's its own.

    Args:
        sigma: grey levels, 0 to 255 whatever the depth.
        names: of the random stream.
    """
    return _levels(image + _stream("gaussian", *names).normal(0.0, sigma * step(image), image.shape), image)


def grey(image: Levels, sigma: float, *names: Name) -> Levels:
    """Return the image with the same Gaussian noise in all channels; arguments as for :func:`gaussian`."""
    return _levels(image + _stream("grey", *names).normal(0.0, sigma * step(image), (*image.shape[:2], 1)), image)


def shot(image: Levels, sigma: float, *names: Name) -> Levels:
    """Return the image as counted photons (Poisson): noise of strength ``sigma`` in the middle greys, less in dark places."""
    photons = MIDDLE / sigma**2 / step(image)  # of one level
    return _levels(_stream("shot", *names).poisson(image * photons) / photons, image)


def impulses(image: Levels, share: float, *names: Name) -> Levels:
    """Return the image with a share of its values black or white, as often the one as the other; each channel apart."""
    return _struck(image, _stream("impulses", *names).random(image.shape), share)


def dots(image: Levels, share: float, *names: Name) -> Levels:
    """Return the image with a share of its pixels black or white, all channels together."""
    at = _stream("dots", *names).random((*image.shape[:2], 1))
    return _struck(image, np.broadcast_to(at, image.shape), share)


def jpeg(image: Levels, quality: int) -> Levels:
    """Return an image of 8 bits after JPEG of this quality, chroma halved."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return images.decode(bytes(data), "noisy")


def psnr(image: Levels, reference: Levels) -> float:
    """Return the peak signal-to-noise ratio in dB, at most :data:`IDENTICAL`."""
    difference = (image.astype(np.float64) - reference) / step(reference)
    error = float(np.mean(difference * difference))
    return min(IDENTICAL, 10.0 * float(np.log10(255.0**2 / error))) if error else IDENTICAL


def gains(cleaned: Sequence[Levels], noisy: Sequence[Levels], clean: Sequence[Levels]) -> list[float]:
    """Return by how many dB each image has come nearer to the clean one."""
    return [psnr(ours, aim) - psnr(bad, aim) for ours, bad, aim in zip(cleaned, noisy, clean, strict=True)]


def _stream(*names: Name) -> np.random.Generator:
    return seeds.generator(0, "benchmark", *names)


def _struck(image: Levels, draws: NDArray[np.float64], share: float) -> Levels:
    found = image.copy()
    found[draws < share / 2] = 0
    found[draws >= 1 - share / 2] = np.iinfo(image.dtype).max
    return found


def _levels(values: NDArray[Any], like: Levels) -> Levels:
    return np.asarray(np.clip(np.rint(values), 0, np.iinfo(like.dtype).max), dtype=like.dtype)
