"""Who competes to be delivered: the choice behind ``finetune.candidates`` in ``params.yaml``.

A candidate answers ``recipe(recipe)``, the recipe it trains by, and ``head(width, classes, seed)``, the head it starts from, None for
the probe's. All start from the same pretrained network.
"""

from typing import Annotated

from pydantic import Field

from finetune.candidate.lp_ft import LpFt
from finetune.candidate.random_head import RandomHead
from finetune.candidate.tail import Tail

Candidate = Annotated[LpFt | RandomHead | Tail, Field(discriminator="method")]
