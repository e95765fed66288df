"""The method that fits the noise."""

from typing import Annotated, Literal

from pydantic import Field

from datatools.denoise.bilateral import Bilateral
from datatools.denoise.dct import Dct
from datatools.denoise.estimate import Kind
from datatools.denoise.gaussian import Gaussian
from datatools.denoise.median import Median
from datatools.denoise.nlm import Nlm
from datatools.denoise.tv import TotalVariation
from datatools.denoise.wavelet import Wavelet
from datatools.settings import Settings

Smoother = Bilateral | Dct | Gaussian | Nlm | TotalVariation | Wavelet
AgainstGaussian = Annotated[Smoother, Field(discriminator="method")]


class Auto(Settings):
    """Impulses are repaired first, since they would be smeared; then Gaussian noise is reduced; each only where it was found."""

    method: Literal["auto"] = Field(
        default="auto", description="auto: what fits the noise that was found in each image."
    )
    gaussian: AgainstGaussian = Field(
        default=Dct(),
        description="What is used against Gaussian noise: dct, wavelet, nlm, tv, bilateral or gaussian.",
    )

    def steps(self, kinds: frozenset[Kind]) -> tuple[Median | Smoother, ...]:
        """Return what to do against these kinds of noise, in order."""
        return (*Median().steps(kinds), *self.gaussian.steps(kinds))
