"""The gate: which images are noisy enough to be touched."""

from pydantic import Field

from datatools.denoise.estimate import Noise
from datatools.settings import Settings


class Gate(Settings):
    """An image at or below both bounds is left alone: its pixels stay those of the original file."""

    sigma: float = Field(
        default=10.0,
        ge=0,
        description="Grey levels of Gaussian noise up to which an image counts as clean. Lower it for smooth motifs.",
    )
    impulse: float = Field(
        default=0.005, ge=0, le=1, description="Share of impulses up to which an image counts as clean."
    )

    def noisy(self, noise: Noise) -> bool:
        """Return whether an image with this noise is to be treated."""
        return noise.sigma > self.sigma or noise.impulse > self.impulse
