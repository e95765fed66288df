"""Which layer groups learn, and when: the choice behind ``finetune.strategy`` in ``params.yaml``.

A strategy, once it is resolved for a network, answers ``trained(epoch, count)``: the numbers of the network's layer groups (0 is the
input's) that learn in an epoch, as a pure function of both, so that a resumed run needs no memory of it. The head always learns.
"""

from typing import Annotated, Protocol

from pydantic import Field

from finetune.groups import Groups
from finetune.strategy.feature_extraction import FeatureExtraction
from finetune.strategy.full import Full
from finetune.strategy.gradual import Gradual
from finetune.strategy.layers import Layers
from finetune.strategy.partial import Partial
from finetune.strategy.surgical import Surgical

Strategy = Annotated[FeatureExtraction | Partial | Full | Gradual | Layers | Surgical, Field(discriminator="method")]


class Trains(Protocol):
    """A strategy that speaks of group numbers."""

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return the groups of ``count`` that learn in an epoch."""
        ...


def resolve(strategy: Strategy, groups: Groups) -> Trains:
    """Return the strategy for a network with these layer groups.

    Raises:
        SettingsError: the strategy names a layer that the network does not have.
    """
    return strategy.among(groups) if isinstance(strategy, Layers) else strategy


def ever_trained(strategy: Trains, epochs: int, count: int) -> frozenset[int]:
    """Return the groups that learn in any of ``epochs``; the optimizer knows them from the first step."""
    return frozenset().union(*(strategy.trained(epoch, count) for epoch in range(epochs)))
