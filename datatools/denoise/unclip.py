"""The bias of noise that was cut off at black and white, and the way back.

Noise on a white ground can only darken it, so the mean of a noisy white is grey, and every method that averages returns that grey.
What the mean of a clipped normal distribution is, is known.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from datatools.denoise.levels import Levels, step

Numbers = NDArray[np.float64]

ENOUGH = 0.5  # share of the clipped values that the noise should have left, from which on it counts as clipped
FEWEST = 16  # expected values at an end, below which nothing is to be gained there
MIDDLE = 127.5
POINTS = 511  # of the way back, which is drawn through them


def undo(image: Levels, done: Levels, sigmas: Numbers) -> Levels:
    """Return the denoised image with its shadows and lights where they were before the noise was clipped.

    An end of the range is left alone where the noisy image has fewer values there than clipped noise leaves: a photo whose noise fades
    towards black or white, as that of many cameras does, keeps its levels.

    Args:
        image: as it was, noisy.
        done: the same, denoised.
        sigmas: of the noise in each channel, in grey levels.
    """
    out = done.copy()
    for channel, sigma in enumerate(sigmas):
        if sigma > 0.0:
            table = _table(np.ascontiguousarray(image[:, :, channel]), np.ascontiguousarray(done[:, :, channel]), sigma)
            out[:, :, channel] = table[done[:, :, channel]]
    return out


def mean_of_clipped(level: Numbers, sigma: float) -> Numbers:
    """Return the mean of a level with normal noise after both were clipped to 0 to 255.

    That of a normal distribution that is censored at both ends (Greene, Econometric Analysis, 7th ed., theorem 19.3).
    """
    low, high = (0.0 - level) / sigma, (255.0 - level) / sigma
    inside = level * (ndtr(high) - ndtr(low)) + sigma * (_density(low) - _density(high))
    return np.asarray(inside + 255.0 * (1.0 - ndtr(high)))


def _density(x: Numbers) -> Numbers:
    return np.asarray(np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def _table(noisy: Levels, done: Levels, sigma: float) -> Levels:
    """Return the level for each level that a channel of the denoised image may have."""
    depth = step(noisy)
    levels = np.arange(255 * depth + 1) / depth
    truth = np.linspace(0.0, 255.0, POINTS)
    undone = np.interp(levels, mean_of_clipped(truth, sigma), truth)
    found, half = _counts(done), 0.5 / depth
    dark, light = levels < MIDDLE, levels > MIDDLE
    # How likely a value of each true level was to end up at that end of the range.
    for near, end, reached in (
        (dark, 0, ndtr((half - undone) / sigma)),
        (light, -1, ndtr((undone - 255 + half) / sigma)),
    ):
        expected = float(found[near] @ reached[near])
        there = int(np.count_nonzero(noisy == round(levels[end] * depth)))
        if expected < FEWEST or there < ENOUGH * expected:
            undone[near] = levels[near]
    return np.asarray(np.rint(undone * depth), dtype=noisy.dtype)


def _counts(channel: Levels) -> Numbers:
    size = int(np.iinfo(channel.dtype).max) + 1
    return np.asarray(cv2.calcHist([channel], [0], None, [size], [0, size]).ravel(), dtype=np.float64)
