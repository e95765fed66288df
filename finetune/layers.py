"""What of a model stands where: the network that owns the parameters, the part behind the cut, and the head."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from torch import Tensor, nn

from finetune.chance import Chance, Draws
from finetune.dropout import mask
from finetune.stochastic_depth import Depth


@dataclass(frozen=True)
class Dropped:
    """What a step leaves out of a batch; None leaves nothing out.

    Attributes:
        features: factors of the features, shape (N, width).
        branches: factors of the residual branches, shape (N, branches).
    """

    features: Tensor | None = None
    branches: Tensor | None = None


@dataclass(frozen=True)
class Layers:
    """The layers of one run.

    Attributes:
        network: the whole network, which owns the parameters.
        tail: from what the cut carries to features.
        head: from features to logits.
        dropout: share of the features that a step hides from the head.
        depth: the residual branches that a step may skip.
        chance: where layers that draw at random find the streams of their slice.
    """

    network: nn.Module
    tail: nn.Module
    head: nn.Linear
    dropout: float = 0.0
    depth: Depth | None = None
    chance: Chance = field(default_factory=Chance)

    def model(self) -> nn.Module:
        """Return what learns as one module, which leaves nothing out."""
        return nn.Sequential(self.tail, self.head)

    def drop(self, count: int, draws: Draws) -> Dropped:
        """Draw what a step of ``count`` images leaves out."""
        device = self.head.weight.device
        features = mask(draws("dropout"), count, self.head.in_features, self.dropout) if self.dropout else None
        branches = self.depth.draw(draws("depth"), count) if self.depth else None
        return Dropped(*(None if values is None else values.to(device) for values in (features, branches)))

    def logits(self, inputs: Tensor, dropped: Dropped, rows: slice) -> Tensor:
        """Return the logits of some rows of a batch, without what is dropped.

        Args:
            inputs: those rows of what the cut carries.
        """
        with self._keeping(dropped.branches, rows):
            features = self.tail(inputs)
        found: Tensor = self.head(features if dropped.features is None else features * dropped.features[rows])
        return found

    @contextmanager
    def _keeping(self, branches: Tensor | None, rows: slice) -> Iterator[None]:
        with ExitStack() as contexts:
            if branches is not None and self.depth is not None:
                contexts.enter_context(self.depth.keeping(branches[rows]))
            yield
