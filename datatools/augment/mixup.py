"""MixUp: a weighted average of two images, and of their labels.

Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018, equation 1.
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from datatools.augment.method import Partner
from datatools.images import RGB
from datatools.settings import Settings


class MixUp(Settings):
    """Average an image with another train image; the target is soft, in the same proportion."""

    method: Literal["mixup"] = Field(
        default="mixup", description="MixUp: an average of two train images with a soft label."
    )
    copies: int = Field(default=1, ge=1, le=100, description="Derived images per train image that gets it.")
    probability: float = Field(default=0.1, ge=0, le=1, description="Share of the train images that get it.")
    alpha: float = Field(
        default=0.4,
        gt=0,
        le=100,
        description="The weight is drawn from Beta(alpha, alpha): small values give mixtures close to one parent, "
        "1 gives any weight alike; the paper uses .1 to .4 for photos.",
    )
    partner: ClassVar[Partner] = "labelled"
    varies: ClassVar[bool] = True

    def __call__(self, image: RGB, partner: RGB | None, random: np.random.Generator) -> tuple[RGB, float]:
        """Return the mixture and the weight of ``image`` in it."""
        assert partner is not None, "mixup needs a second image"
        share = float(random.beta(self.alpha, self.alpha))
        return blend(image, partner, share), share


def blend(image: RGB, other: RGB, share: float) -> RGB:
    """Return ``share * image + (1 - share) * other``, rounded; both uint8 of one shape, ``share`` in [0, 1]."""
    mixed: RGB = np.rint(share * image + (1.0 - share) * other).astype(np.uint8)
    return mixed
