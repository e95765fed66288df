"""Choose by the kind of noise."""

from typing import Literal

from pydantic import Field

from datatools.denoise.estimate import Noise, gaussian
from datatools.denoise.median import Median
from datatools.denoise.wavelet import Wavelet
from datatools.images import RGB
from datatools.settings import Settings


class Auto(Settings):
    """Impulses are repaired by the median, Gaussian noise by the wavelet; an image with both gets both, in this order."""

    method: Literal["auto"] = Field(default="auto", description="median for impulses, wavelet for Gaussian noise.")
    impulse: float = Field(default=0.005, ge=0, le=1, description="Share of impulses from which the median is used.")
    sigma: float = Field(default=10.0, ge=0, description="Grey levels from which the wavelet is used.")

    def __call__(self, image: RGB, noise: Noise) -> RGB:
        """Return the denoised image, same shape and type."""
        if noise.impulse > self.impulse:
            image = Median()(image, noise)
        sigma = gaussian(image)
        return Wavelet()(image, Noise(sigma, 0.0)) if sigma > self.sigma else image
