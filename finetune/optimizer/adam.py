"""Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the decay added to the gradient, as it was before AdamW."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from datatools.settings import Settings


class Adam(Settings):
    """Adam whose weight decay is an L2 term of the loss: it is divided by the gradient's size like everything else."""

    method: Literal["adam"] = Field(
        default="adam",
        description="Adam with L2 inside the gradient; to repeat older recipes, whose weight decay is 1e-5 to 1e-3. Else adamw.",
    )
    beta1: float = Field(
        default=0.9, ge=0.0, lt=1.0, description="Memory of the gradient's mean. Rarely worth changing."
    )
    beta2: float = Field(
        default=0.999,
        ge=0.0,
        lt=1.0,
        description="Memory of the gradient's square; .95-.99 follows faster in short runs.",
    )

    def __call__(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimizer over ``groups``, each with its ``lr`` and ``weight_decay``."""
        return torch.optim.Adam(list(groups), betas=(self.beta1, self.beta2), fused=True)
