"""RMSprop (Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012), with momentum."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from datatools.settings import Settings


class RmsProp(Settings):
    """Steps divided by the gradient's running size; weight decay is an L2 term of the loss."""

    method: Literal["rmsprop"] = Field(
        default="rmsprop",
        description="Gradients divided by their running size; for recipes of EfficientNet and MobileNet. Decay: 1e-5 to 1e-4.",
    )
    memory: float = Field(
        default=0.99,
        ge=0.0,
        lt=1.0,
        description="Memory of the gradient's square. Lower it to .9 if the loss is unsteady in short runs.",
    )
    momentum: float = Field(
        default=0.9, ge=0.0, lt=1.0, description="Share of the last step that the next one keeps; 0 for none."
    )

    def __call__(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimizer over ``groups``, each with its ``lr`` and ``weight_decay``."""
        return torch.optim.RMSprop(list(groups), alpha=self.memory, momentum=self.momentum)
