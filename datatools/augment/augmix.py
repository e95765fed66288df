"""AugMix: chains of simple operations, mixed with each other and with the image.

Hendrycks et al., "AugMix: a simple data processing method to improve robustness and uncertainty", ICLR 2020, algorithm 1. Operations that
overlap with common test corruptions (contrast, colour, brightness, sharpness) are left out, as in the paper. The consistency loss belongs
to training.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

GREY = (128, 128, 128)  # what comes in from outside the image
TURN, SHIFT, SHEAR, BITS = (
    30.0,
    1 / 3,
    0.3,
    4,
)  # at full strength: degrees, share of the side, tangent, bits that are lost
LOWEST = 0.1  # strengths are drawn from here to the severity

Operation = Callable[[RGB, float], RGB]  # an image and a strength in [-1, 1] to an image of the same shape


class AugMix(Settings):
    """Mix an image with chains of mild distortions of itself; its content and label stay."""

    method: Literal["augmix"] = Field(default="augmix", description="AugMix: mixed chains of mild distortions.")
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    severity: float = Field(default=0.3, gt=0, le=1, description="Strength of an operation at most; the paper's is .3.")
    width: int = Field(default=3, ge=1, le=10, description="Number of chains that are mixed.")
    depth: int = Field(default=3, ge=1, le=10, description="Operations in a chain at most; at least one.")
    alpha: float = Field(
        default=1.0, gt=0, le=100, description="Of the Dirichlet and Beta distributions that weigh chains and image."
    )
    partner: ClassVar[Partner] = "none"
    varies: ClassVar[bool] = True

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the mixture; the whole label stays the parent's."""
        weights = random.dirichlet([self.alpha] * self.width)
        own = float(random.beta(self.alpha, self.alpha))
        chains = [_chain(image, self.depth, self.severity, random) for _ in range(self.width)]
        return mixed(image, chains, weights.tolist(), own), 1.0


def mixed(image: RGB, chains: Sequence[RGB], weights: Sequence[float], own: float) -> RGB:
    """Return ``own`` of the image and 1 - ``own`` of the chains' results, each by its weight: uint8, rounded."""
    total = own * image.astype(np.float64)
    for chain, weight in zip(chains, weights, strict=True):
        total += (1.0 - own) * weight * chain
    return np.clip(np.rint(total), 0, 255).astype(np.uint8)


def _chain(image: RGB, depth: int, severity: float, random: np.random.Generator) -> RGB:
    for place in random.integers(len(OPERATIONS), size=random.integers(1, depth + 1)):
        strength = random.uniform(min(LOWEST, severity), severity) * random.choice((-1.0, 1.0))
        image = OPERATIONS[int(place)](image, strength)
    return image


def autocontrast(image: RGB, strength: float) -> RGB:  # noqa: ARG001 -- an operation's signature
    """Stretch each channel to the whole range; a flat one stays."""
    low, high = image.min(axis=(0, 1)).astype(np.float64), image.max(axis=(0, 1)).astype(np.float64)
    flat = high == low
    scale = np.where(flat, 1.0, 255.0 / np.where(flat, 1.0, high - low))
    return np.rint((image - np.where(flat, 0.0, low)) * scale).astype(np.uint8)


def equalise(image: RGB, strength: float) -> RGB:  # noqa: ARG001
    """Make all levels of each channel about as frequent."""
    return np.dstack([cv2.equalizeHist(np.ascontiguousarray(image[..., channel])) for channel in range(image.shape[2])])


def posterise(image: RGB, strength: float) -> RGB:
    """Drop up to four of the eight bits."""
    lost = round(abs(strength) * BITS)
    return image & np.uint8(256 - 2**lost)


def solarise(image: RGB, strength: float) -> RGB:
    """Invert the values from a threshold on."""
    return np.where(image < 256 * (1 - abs(strength)), image, 255 - image).astype(np.uint8)


def turn(image: RGB, strength: float) -> RGB:
    """Turn around the middle, by up to 30 degrees."""
    height, width = image.shape[:2]
    return _warped(image, cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), strength * TURN, 1.0))


def shear_x(image: RGB, strength: float) -> RGB:
    """Move rows sideways, the lower the more."""
    return _warped(image, np.array([[1, strength * SHEAR, 0], [0, 1, 0]]))


def shear_y(image: RGB, strength: float) -> RGB:
    """Move columns up or down, the further right the more."""
    return _warped(image, np.array([[1, 0, 0], [strength * SHEAR, 1, 0]]))


def shift_x(image: RGB, strength: float) -> RGB:
    """Move sideways, by up to a third."""
    return _warped(image, np.array([[1, 0, strength * SHIFT * image.shape[1]], [0, 1, 0]]))


def shift_y(image: RGB, strength: float) -> RGB:
    """Move up or down, by up to a third."""
    return _warped(image, np.array([[1, 0, 0], [0, 1, strength * SHIFT * image.shape[0]]]))


def _warped(image: RGB, matrix: np.ndarray) -> RGB:
    size = image.shape[1], image.shape[0]
    warped = cv2.warpAffine(image, matrix.astype(np.float64), size, flags=cv2.INTER_LINEAR, borderValue=GREY)
    return np.asarray(warped, dtype=np.uint8)


OPERATIONS: tuple[Operation, ...] = (
    autocontrast,
    equalise,
    posterise,
    solarise,
    turn,
    shear_x,
    shear_y,
    shift_x,
    shift_y,
)
