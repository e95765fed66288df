"""The part of a model that learns, with its optimizer: one step at a time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from finetune.checkpoint import Tensors
from finetune.groups import Groups
from finetune.optimizer.groups import Rates, parameter_groups
from finetune.recipe import Recipe
from finetune.team import SLICE, Team


class Learner:
    """Layers behind the cut and the head.

    The network stays in eval mode, so nothing is drawn at random in a step; ``batch_norm: train`` puts only the BatchNorm layers of
    learning groups into training mode, and only during steps.
    """

    def __init__(
        self,
        network: nn.Module,
        tail: nn.Module,
        head: nn.Linear,
        groups: Groups,
        trained: Collection[int],
        recipe: Recipe,
        team: Team,
    ) -> None:
        """Prepare the optimizer.

        Args:
            network: the whole network, which owns the parameters.
            tail: from what the cut carries to features.
            groups: names of the network's parameters from input to output.
            trained: numbers of the groups that learn at some time.
        """
        self.network, self.head, self.groups, self.recipe, self.team = network, head, groups, recipe, team
        self.model = nn.Sequential(tail, head)
        rates = Rates(recipe.rate, recipe.rate_decay, recipe.weight_decay)
        self.optimizer = recipe.optimizer(parameter_groups(network, head, groups, trained, rates))
        self.owned = self._names(trained)
        self.norms: list[nn.Module] = []

    def unfreeze(self, trained: Collection[int]) -> None:
        """Let the head and these groups learn, and nothing else."""
        names = {name for number in trained for name in self.groups[number]}
        for name, value in self.network.named_parameters():
            value.requires_grad_(name in names)
        self.head.requires_grad_(True)
        self.norms = _norms(self.network, names) if self.recipe.batch_norm == "train" else []

    def step(self, inputs: Tensor, targets: Tensor, factor: float) -> float:
        """Take one step and return the mean loss before it.

        Args:
            inputs: what the cut carries, a row per image.
            targets: probabilities, shape (N, classes).
            factor: of the schedule, on every rate.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * factor
        learning = [value for group in self.optimizer.param_groups for value in group["params"] if value.requires_grad]
        with _training(self.norms):
            loss = self._gradients(inputs, targets, learning)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(learning, self.recipe.clip)
        self.optimizer.step()
        return loss

    def _gradients(self, inputs: Tensor, targets: Tensor, learning: list[nn.Parameter]) -> float:
        """Set the gradient of the mean loss, added up over slices in their order; return the loss."""
        count = len(inputs)

        def part(rows: slice) -> tuple[Tensor, ...]:
            logits = self.model(inputs[rows])
            smoothing = self.recipe.label_smoothing
            loss = functional.cross_entropy(logits, targets[rows], label_smoothing=smoothing, reduction="sum") / count
            return loss.detach(), *torch.autograd.grad(loss, learning, allow_unused=True, materialize_grads=True)

        parts = self.team.map(part, count, count if self.norms else SLICE)
        loss, *gradients = (_total(values) for values in zip(*parts, strict=True))
        for value, gradient in zip(learning, gradients, strict=True):
            value.grad = gradient
        return float(loss)

    def predict(self, inputs: Tensor) -> Tensor:
        """Return the logits."""

        def part(rows: slice) -> Tensor:
            with torch.no_grad():
                found: Tensor = self.model(inputs[rows])
            return found

        return torch.cat(self.team.map(part, len(inputs)))

    def weights(self) -> Tensors:
        """Return the tensors that this run can change; the same memory, no copies."""
        found = {f"network.{name}": value for name, value in self.network.state_dict().items() if name in self.owned}
        return found | {f"head.{name}": value for name, value in self.head.state_dict().items()}

    def _names(self, trained: Collection[int]) -> set[str]:
        names = {name for number in trained for name in self.groups[number]}
        if self.recipe.batch_norm == "train":
            for path, module in self.network.named_modules():
                if module in _norms(self.network, names):
                    names.update(f"{path}.{name}" for name, _ in module.named_buffers(recurse=False))
        return names


def assign(targets: Tensors, values: Tensors) -> None:
    """Copy values into tensors of the same names, keeping their layout in memory."""
    with torch.no_grad():
        for name, target in targets.items():
            target.copy_(values[name])


def _total(parts: tuple[Tensor, ...]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total.add_(part)
    return total


def _norms(network: nn.Module, names: Collection[str]) -> list[nn.Module]:
    """Return the BatchNorm layers whose scale is among ``names``."""
    kinds = nn.modules.batchnorm._BatchNorm
    return [
        module for path, module in network.named_modules() if isinstance(module, kinds) and f"{path}.weight" in names
    ]


@contextmanager
def _training(norms: list[nn.Module]) -> Iterator[None]:
    for module in norms:
        module.train()
    try:
        yield
    finally:
        for module in norms:
            module.eval()
