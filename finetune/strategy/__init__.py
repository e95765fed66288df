"""Which layer groups learn, and when: the choice behind ``finetune.strategy`` in ``params.yaml``.

A strategy answers ``trained(epoch, count)``: the numbers of the network's layer groups (0 is the input's) that learn in an epoch, as a pure
function of both, so that a resumed run needs no memory of it. The head always learns.
"""

from typing import Annotated

from pydantic import Field

from finetune.strategy.feature_extraction import FeatureExtraction
from finetune.strategy.full import Full
from finetune.strategy.gradual import Gradual
from finetune.strategy.partial import Partial

Strategy = Annotated[FeatureExtraction | Partial | Full | Gradual, Field(discriminator="method")]


def ever_trained(strategy: Strategy, epochs: int, count: int) -> frozenset[int]:
    """Return the groups that learn in any of ``epochs``; the optimizer knows them from the first step."""
    return frozenset().union(*(strategy.trained(epoch, count) for epoch in range(epochs)))
