"""The methods, and how one is applied to a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from datatools import images
from datatools.denoise.auto import Auto
from datatools.denoise.estimate import Noise
from datatools.denoise.median import Median
from datatools.denoise.nlm import Nlm
from datatools.denoise.wavelet import Wavelet
from datatools.images import RGB

Method = Annotated[Auto | Median | Nlm | Wavelet, Field(discriminator="method")]
Step = Median | Nlm | Wavelet


class Job(NamedTuple):
    """A file, its noise, and what to do in order."""

    path: str
    noise: Noise
    steps: tuple[Step, ...]


def denoise(image: RGB, noise: Noise, steps: Iterable[Step]) -> RGB:
    """Return the image after all steps."""
    for step in steps:
        image = step(image, noise)
    return image


def of_file(job: Job) -> bytes:
    """Return the denoised image as PNG.

    Raises:
        ImageError: the file cannot be read.
    """
    return images.encode_png(denoise(images.read(Path(job.path)), job.noise, job.steps))
