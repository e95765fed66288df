"""Opponent colours: planes in which a photo's channels have little in common, and white noise stays as strong as it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from datatools.denoise.estimate import sample
from datatools.denoise.levels import Levels, Planes, to_levels, to_planes
from datatools.denoise.sigma import OPPONENT, opponent_sigmas


def is_grey(image: Levels) -> bool:
    """Return whether all channels hold the same."""
    first = image[:1]
    return bool((first == first[:, :, :1]).all() and (image == image[:, :, :1]).all())


def split(image: Levels, grey: bool) -> Planes:
    """Return the planes of an image, shape (1 or 3, height, width); of a grey one its first channel."""
    if grey:
        return to_planes(image[:, :, 0])[None]
    planes: Planes = np.asarray(cv2.split(cv2.transform(to_planes(image), OPPONENT)), dtype=np.float32)
    return planes


def join(planes: Planes, like: Levels) -> Levels:
    """Return the image of the planes, with the depth and the channels of ``like``."""
    if len(planes) == 1:
        return np.repeat(to_levels(planes[0][:, :, None], like), like.shape[2], axis=2)
    merged = cv2.merge([*planes])
    return to_levels(np.asarray(cv2.transform(merged, OPPONENT.T), dtype=np.float32), like)


def strengths(image: Levels, grey: bool) -> NDArray[np.float64]:
    """Return the standard deviation of the noise in each plane, in grey levels.

    A camera's noise is not equally strong in brightness and colour.
    """
    seen = sample(image)
    return opponent_sigmas(seen[:, :, :1] if grey else seen)


def in_channels(strengths: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return the standard deviation of the noise in each channel, from that in each plane."""
    if len(strengths) == 1:
        return np.repeat(strengths, channels)
    return np.asarray(np.sqrt(np.square(strengths) @ np.square(OPPONENT)))
