"""Stochastic gradient descent with Nesterov's momentum (Sutskever et al., ICML 2013)."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from datatools.settings import Settings


class Sgd(Settings):
    """Plain steps with momentum: less memory than AdamW, and a rate about ten times higher."""

    method: Literal["sgd"] = Field(
        default="sgd", description="Steps with momentum; needs a rate about ten times AdamW's."
    )
    momentum: float = Field(default=0.9, gt=0.0, lt=1.0, description="Share of the last step that the next one keeps.")

    def __call__(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimizer over ``groups``, each with its ``lr`` and ``weight_decay``."""
        return torch.optim.SGD(list(groups), lr=0.0, momentum=self.momentum, nesterov=True, fused=True)
