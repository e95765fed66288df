"""The method that fits the noise."""

from typing import Annotated, Literal

from pydantic import Field

from datatools.denoise.estimate import Kind
from datatools.denoise.median import Median
from datatools.denoise.nlm import Nlm
from datatools.denoise.wavelet import Wavelet
from datatools.settings import Settings

AgainstGaussian = Annotated[Wavelet | Nlm, Field(discriminator="method")]


class Auto(Settings):
    """Impulses are repaired first, since they would be smeared; then Gaussian noise is reduced; each only where it was found."""

    method: Literal["auto"] = Field(
        default="auto", description="auto: what fits the noise that was found in each image."
    )
    gaussian: AgainstGaussian = Field(
        default=Wavelet(), description="What is used against Gaussian noise: wavelet or nlm."
    )

    def steps(self, kinds: frozenset[Kind]) -> tuple[Median | Wavelet | Nlm, ...]:
        """Return what to do against these kinds of noise, in order."""
        return (*Median().steps(kinds), *self.gaussian.steps(kinds))
