"""The methods from which a policy chooses."""

from typing import Annotated, get_args

from pydantic import Field

from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.augmix import AugMix
from datatools.augment.composite import Composite
from datatools.augment.copy_paste import CopyPaste
from datatools.augment.cutmix import CutMix
from datatools.augment.fda import Fda
from datatools.augment.fgsm import Fgsm
from datatools.augment.geometry import Geometry
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.mixup import MixUp
from datatools.augment.pgd import Pgd
from datatools.augment.poisson import PoissonPaste
from datatools.augment.randconv import RandConv
from datatools.augment.reinhard import Reinhard
from datatools.augment.style_mix import StyleMix
from datatools.augment.whitening import Whitening

Adapting = Fda | AmplitudeMix | HistogramMatch | Reinhard | Whitening | StyleMix
Blending = Composite | MixUp
Pasting = CutMix | PoissonPaste | CopyPaste
Distorting = Geometry | AugMix | RandConv
Attack = Fgsm | Pgd
Method = Annotated[Distorting | Adapting | Blending | Pasting | Attack, Field(discriminator="method")]

# Their labels are mixed by the area of a piece, which only approximates what is to be seen of either image.
BY_AREA = frozenset(str(kind.model_fields["method"].default) for kind in get_args(Pasting))
