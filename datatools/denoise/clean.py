"""A new image, treated as those of a data set were."""

from datatools.denoise.estimate import estimate
from datatools.denoise.methods import denoise
from datatools.denoise.settings import DenoiseSettings
from datatools.images import Levels


def clean(image: Levels, settings: DenoiseSettings) -> Levels:
    """Return what the stage ``denoise`` makes of an image with these settings: to the bit, and itself where that changes nothing.

    Args:
        image: as :func:`datatools.images.native` reads it; shape (height, width, 1 or 3), uint8 or uint16.
    """
    if settings.action != "denoise":
        return image
    noise = estimate(image)
    return denoise(image, noise, settings.method.steps(settings.gate.kinds(noise)))
