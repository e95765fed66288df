"""Compositing: a second image laid over the first, by the blend modes of image editors.

The modes are the separable ones of the W3C's Compositing and Blending Level 1 (section 9.1), on values from 0 to 1: normal B = s,
multiply B = b s, screen B = b + s - b s, darken B = min(b, s), lighten B = max(b, s); the result is (1 - w) b + w B with the weight w.
Laid over an unlabelled image of the target domain, a labelled image keeps its label and learns to show through the target's texture: the
pixel side of domain mixup (Xu et al., "Adversarial domain adaptation with domain mixup", AAAI 2020, section 3.2).
"""

from typing import Annotated, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings

Weight = Annotated[float, Field(gt=0, le=1)]
Mode = Literal["normal", "multiply", "screen", "darken", "lighten"]
Values = NDArray[np.float32]

MOST = 0.7  # of a second image that lends no label, in mode normal


class Composite(Settings):
    """Lay a second image over each image; with ``over: target`` the label stays, with ``over: train`` it is mixed."""

    method: Literal["composite"] = Field(
        default="composite", description="Compositing with a second image by a blend mode."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.2, ge=0, le=1, description="Share of the train images that get it.")
    over: Literal["target", "train"] = Field(
        default="target",
        description="target: an image that shows the target domain, labelled or not, whose label does not count; train: a labelled "
        "train image, and the labels are mixed.",
    )
    mode: Mode = Field(
        default="normal",
        description="normal averages; darken and multiply keep dark things of both (cracks, ink, shadow), lighten and screen bright ones.",
    )
    weight: tuple[Weight, Weight] = Field(
        default=(0.3, 0.5), description="Between which values the weight of the second image is drawn."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.weight[0] > self.weight[1]:
            raise ValueError(f"weight: the first value must not exceed the second, got {list(self.weight)}")
        if self.over == "target" and self.mode == "normal" and self.weight[1] > MOST:
            raise ValueError(
                f"weight: at most {MOST} where a second image covers the first and the label stays, got {self.weight[1]}; "
                "use another mode, or over: train"
            )
        return self

    @property
    def partner(self) -> Partner:
        """Return which second image it wants."""
        return "target" if self.over == "target" else "labelled"

    @property
    def varies(self) -> bool:
        """Return whether the weight is drawn."""
        return self.weight[0] < self.weight[1]

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the composite and the share of the parent's label in its target."""
        assert partner is not None, "composite needs a second image"
        weight = float(random.uniform(*self.weight))
        return composite(image, partner, weight, self.mode), 1.0 if self.over == "target" else self.share(weight)

    def share(self, weight: float) -> float:
        """Return the part of the first image: in the other modes both count alike where the weight is 1."""
        return 1.0 - (weight if self.mode == "normal" else weight / 2)


def composite(backdrop: RGB, source: RGB, weight: float, mode: Mode) -> RGB:
    """Return ``source`` laid over ``backdrop``.

    Args:
        backdrop: uint8, any shape.
        source: uint8, the same shape.
        weight: of the blended value, in [0, 1]; 0 gives the backdrop.
        mode: how two values blend.

    Returns:
        uint8, rounded.
    """
    below, above = backdrop.astype(np.float32), source.astype(np.float32)
    return np.rint(below + np.float32(weight) * (_blended(below, above, mode) - below)).astype(np.uint8)


def _blended(below: Values, above: Values, mode: Mode) -> Values:
    if mode == "normal":
        return above
    if mode == "darken":
        return np.asarray(cv2.min(below, above))
    if mode == "lighten":
        return np.asarray(cv2.max(below, above))
    product = below * above / np.float32(255)
    return product if mode == "multiply" else below + above - product
