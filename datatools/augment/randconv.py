"""Random convolutions: a new local texture, while shapes stay.

Xu, Liu, Yang, Raffel and Niethammer, "Robust and generalizable visual representation learning via random convolutions", ICLR 2021,
section 3.2: a layer with weights from N(0, 1 / (3 k k)), k drawn from several sizes, mixed with the image by a weight from [0, 1].
"""

from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Size = Literal[1, 3, 5, 7]


class RandConv(Settings):
    """Give an image a random texture by a random convolution; its shapes and label stay."""

    method: Literal["randconv"] = Field(
        default="randconv", description="Random convolutions: new textures, same shapes."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    sizes: Annotated[tuple[Size, ...], Field(min_length=1)] = Field(
        default=(1, 3, 5, 7), description="Sides of the kernels of which one is drawn; large ones blur small images."
    )
    partner: ClassVar[Partner] = "none"
    varies: ClassVar[bool] = True

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:  # noqa: ARG002 -- the kind's signature
        """Return the mixture of the image and its convolution; the whole label stays the parent's."""
        size = int(random.choice(self.sizes))
        kernels = random.normal(scale=(3 * size * size) ** -0.5, size=(3, 3, size, size))
        return convolved(image, kernels, float(random.uniform())), 1.0


def convolved(image: RGB, kernels: NDArray[np.float64], own: float) -> RGB:
    """Return ``own`` of the image and 1 - ``own`` of its convolution.

    Args:
        image: uint8, shape (height, width, 3); values count as from -1 to 1.
        kernels: shape (3 out, 3 in, k, k), k odd; the border is mirrored.
        own: in [0, 1]; 1 gives the image.

    Returns:
        uint8, rounded and clipped.
    """
    values = image.astype(np.float64) / 127.5 - 1.0
    planes = [np.ascontiguousarray(values[..., channel]) for channel in range(3)]
    out = [
        sum(
            cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
            for plane, kernel in zip(planes, row, strict=True)
        )
        for row in kernels
    ]
    mixed = own * values + (1.0 - own) * np.dstack(out)
    return np.clip(np.rint((mixed + 1.0) * 127.5), 0, 255).astype(np.uint8)
