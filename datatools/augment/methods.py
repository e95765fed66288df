"""The methods from which a policy chooses."""

from typing import Annotated

from pydantic import Field

from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry
from datatools.augment.mixup import MixUp
from datatools.augment.style_mix import StyleMix

Method = Annotated[Geometry | Fda | StyleMix | MixUp | Fgsm, Field(discriminator="method")]
