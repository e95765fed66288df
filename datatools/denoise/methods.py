"""The methods, and how several are applied to an image."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from pydantic import Field

from datatools.denoise.auto import AgainstGaussian, Auto, Smoother
from datatools.denoise.estimate import Noise
from datatools.denoise.levels import Levels
from datatools.denoise.median import Median

Method = Annotated[Auto | Median | AgainstGaussian, Field(discriminator="method")]
Step = Median | Smoother


class Job(NamedTuple):
    """A file, its noise, and what to do in order."""

    path: str
    noise: Noise
    steps: tuple[Step, ...]


def denoise(image: Levels, noise: Noise, steps: Iterable[Step]) -> Levels:
    """Return the image after all steps."""
    for step in steps:
        image = step(image, noise)
    return image
