"""What a method of augmentation is: a small frozen object made from its settings, called on pixels."""

import hashlib
import json
from typing import Literal, Protocol

import numpy as np

from datatools.images import RGB

# Which second image a method wants: none; one that lends its look ("target": the declared target domain; "other_domain": another domain
# if there is one; "any"); or a labelled train image that is blended in ("labelled"), or pasted in where it is not transparent ("cutout").
Partner = Literal["none", "target", "other_domain", "any", "labelled", "cutout"]

POLICY = frozenset({"method", "copies", "probability"})  # who gets it and how often; no part of what comes out


class Policy(Protocol):
    """What the plan asks of a method."""

    @property
    def method(self) -> str:
        """Return the name under which ``params.yaml`` knows it."""

    @property
    def copies(self) -> int:
        """Return how many images it derives from one parent."""

    @property
    def probability(self) -> float:
        """Return the share of the train images that get it."""

    @property
    def partner(self) -> Partner:
        """Return which second image it wants."""

    @property
    def varies(self) -> bool:
        """Return whether two copies differ that have the same second image, or need none."""

    def canonical(self) -> str:
        """Return the settings as JSON with sorted keys."""


class PixelMethod(Policy, Protocol):
    """A method that needs no model."""

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the derived image and the share of the parent's label in its target, in [0, 1].

        Args:
            image: the parent, uint8, shape (height, width, 3).
            partner: the second image where the method wants one: at the parent's size; a cut-out at its own, with four channels.
            random: the stream of this image and copy.
        """


def pixel_settings(method: Policy) -> dict[str, object]:
    """Return the settings that decide what one derived image looks like: all but :data:`POLICY`."""
    values: dict[str, object] = json.loads(method.canonical())
    return {name: value for name, value in values.items() if name not in POLICY}


def identity(method: Policy) -> str:
    """Return a name of method and settings for random streams; two entries of one method draw independently."""
    text = json.dumps([method.method, pixel_settings(method)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
