"""Lion (Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import Tensor

from datatools.settings import Settings


class Lion(Settings):
    """Every weight moves by the rate, up or down: half of AdamW's memory."""

    method: Literal["lion"] = Field(
        default="lion",
        description="Steps of one size, up or down. Divide AdamW's rate by 3 to 10 and multiply its weight_decay by as much.",
    )
    beta1: float = Field(
        default=0.9, ge=0.0, lt=1.0, description="Share of the memory in a step's direction. Rarely worth changing."
    )
    beta2: float = Field(
        default=0.99,
        ge=0.0,
        lt=1.0,
        description="How long gradients are remembered. Lower it to .98, with beta1 .95, if the loss is unsteady.",
    )

    def __call__(self, groups: Sequence[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimizer over ``groups``, each with its ``lr`` and ``weight_decay``."""
        return SignDescent(groups, self.beta1, self.beta2)


class SignDescent(torch.optim.Optimizer):
    """Lion over parameter groups: the sign of a mean of gradients, and decoupled weight decay.

    Its state is one tensor per parameter, ``momentum``; parameters without a gradient are left as they are.
    """

    def __init__(self, groups: Sequence[dict[str, Any]], beta1: float, beta2: float) -> None:
        super().__init__(list(groups), {"lr": 1e-4, "weight_decay": 0.0, "betas": (beta1, beta2)})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step and return what ``closure`` returned."""
        with torch.enable_grad():
            loss = closure() if closure else None
        for group in self.param_groups:
            weights = [value for value in group["params"] if value.grad is not None]
            if weights:
                self._move(weights, group)
        return loss

    def _move(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        """Apply ``w -= lr * (sign(b1 * m + (1 - b1) * g) + decay * w)``, then ``m = b2 * m + (1 - b2) * g``."""
        (beta1, beta2), rate = group["betas"], group["lr"]
        gradients = cast(list[Tensor], [value.grad for value in weights])
        momenta = [self._momentum(value) for value in weights]
        directions = torch._foreach_lerp(momenta, gradients, 1.0 - beta1)
        torch._foreach_sign_(directions)
        torch._foreach_mul_(weights, 1.0 - rate * group["weight_decay"])
        torch._foreach_add_(weights, directions, alpha=-rate)
        torch._foreach_lerp_(momenta, gradients, 1.0 - beta2)

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        return cast(Tensor, state["momentum"])
