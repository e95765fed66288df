"""Whitening and colouring: the mean and the covariance of the colours become a reference's.

Matching covariances is CORAL (Sun, Feng and Saenko, "Return of frustratingly easy domain adaptation", AAAI 2016), there on features
and as ``C_r^(1/2) C_s^(-1/2)``. But every map ``C_r^(1/2) Q C_s^(-1/2)`` with a rotation ``Q`` matches them, and most of these turn
colours into each other. Here it is the one that moves the colours least, the symmetric one: the linear Monge-Kantorovich map of Pitie
and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", CVMP 2007.
"""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.augment import whitening_kernels as kernels
from datatools.augment.gain import tempered
from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Float = NDArray[np.float64]


class Whitening(Settings):
    """Give the colours of an image the mean and covariance of a reference's; its content and label stay."""

    method: Literal["whitening"] = Field(
        default="whitening", description="Whitening and colouring: the target domain's mean colour and its spread."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    regularization: float = Field(
        default=1.0,
        ge=0.01,
        le=1000,
        description="Variance in squared grey levels that is added in every direction of colour to both images; raise it when the noise "
        "of grey or plain images turns into colour.",
    )
    partner: ClassVar[Partner] = "target"
    varies: ClassVar[bool] = False

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the image with the reference's mean and covariance; the whole label stays the parent's."""
        assert partner is not None, "whitening needs a reference"
        return transfer(image, partner, self.regularization), 1.0


def transfer(image: RGB, reference: RGB, regularization: float) -> RGB:
    """Return the image with the mean and, but for the regularization, the covariance of the reference's colours.

    Args:
        image: uint8, shape (height, width, 3).
        reference: uint8, any size.
        regularization: above 0, in squared grey levels.

    Returns:
        uint8, ``T (x - mu) + mu_reference``, rounded and clipped. A nearly plain image is stretched to
        :data:`datatools.augment.gain.MOST` times its own contrast at most.
    """
    pixels = np.ascontiguousarray(image).reshape(-1, 3)
    mean, covariance = statistics(pixels)
    wanted_mean, wanted = statistics(np.ascontiguousarray(reference).reshape(-1, 3))
    ridge = regularization * np.eye(3)
    covariance, wanted = covariance + ridge, wanted + ridge
    factor = tempered(np.sqrt(np.diag(covariance)), np.sqrt(np.diag(wanted)))
    matrix = linear_map(covariance, factor**2 * wanted)
    moved: RGB = kernels.mapped(pixels, matrix, wanted_mean - matrix @ mean)
    return moved.reshape(image.shape)


def statistics(pixels: RGB) -> tuple[Float, Float]:
    """Return mean, shape (3,), and covariance, shape (3, 3), of pixels of shape (N, 3)."""
    sums, products = kernels.moments(pixels)
    mean = sums / len(pixels)
    return mean, products / len(pixels) - np.outer(mean, mean)


def linear_map(source: Float, wanted: Float) -> Float:
    """Return the symmetric matrix T with ``T source T = wanted``; both positive definite, shape (3, 3)."""
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    # The square root of root wanted root, without the product itself: that would square what rounding does to the weakest direction.
    _, values, directions = np.linalg.svd(_power(wanted, 0.5) @ root)
    result: Float = inverse @ (directions.T * values) @ directions @ inverse
    return result


def _power(matrix: Float, exponent: float) -> Float:
    values, vectors = np.linalg.eigh(matrix)
    result: Float = (vectors * np.maximum(values, np.finfo(np.float64).tiny) ** exponent) @ vectors.T
    return result
