"""Repairing impulses, and nothing else."""

from typing import Literal

from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.impulse import REPAIR_JUMP, impulses, repair
from datatools.images import RGB
from datatools.settings import Settings

PASSES = 3


class Median(Settings):
    """Median of the good neighbours, for impulse values only; every other value stays as it is."""

    method: Literal["median"] = Field(default="median", description="median: for salt and pepper noise.")

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Median, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "impulse" in kinds else ()

    def __call__(self, image: RGB, noise: Noise) -> RGB:
        """Return the image without impulses.

        Several passes: where impulses touch, the outer ones go first and leave the inner ones alone.
        """
        for _ in range(PASSES):
            image = repair(image, impulses(image, noise.sigma, REPAIR_JUMP))
        return image
