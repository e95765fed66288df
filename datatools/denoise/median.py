"""Repairing impulses, and nothing else."""

from typing import Literal

from pydantic import Field

from datatools.denoise.estimate import Kind, Noise
from datatools.denoise.impulse import cleaned
from datatools.denoise.levels import Levels
from datatools.settings import Settings


class Median(Settings):
    """Impulse values only are replaced, by what surrounds them; every other value stays as it is.

    The filter that is usually called, the median of each 3 x 3 window, gives the method its name: a value is an impulse if it lies at an
    end of the range and apart from the middle ones around it. What replaces it is no median but the surface through its neighbours,
    with the detail of the other channels: see :mod:`datatools.denoise.impulse`.
    """

    method: Literal["median"] = Field(default="median", description="median: for salt and pepper noise.")

    def steps(self, kinds: frozenset[Kind]) -> "tuple[Median, ...]":
        """Return what to do against these kinds of noise."""
        return (self,) if "impulse" in kinds else ()

    def __call__(self, image: Levels, noise: Noise) -> Levels:
        """Return the image without impulses."""
        return cleaned(image, noise.sigma)[0]
