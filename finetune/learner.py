"""The part of a model that learns, with its optimizer: one step at a time."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from datatools.errors import SettingsError
from finetune import ema, penalty
from finetune.batch_norm import BatchNorm
from finetune.chance import Draws
from finetune.checkpoint import Tensors
from finetune.groups import Groups
from finetune.layers import Layers
from finetune.optimizer.groups import Rates, parameter_groups
from finetune.recipe import Recipe
from finetune.strategy import auto_rgn
from finetune.team import SLICE, Team


class Learner:
    """Layers behind the cut and the head.

    The network stays in eval mode, so a step draws nothing that its own streams do not give; ``batch_norm: train`` puts only the BatchNorm
    layers of learning groups into training mode, and only during steps.
    """

    def __init__(
        self,
        layers: Layers,
        groups: Groups,
        trained: Collection[int],
        recipe: Recipe,
        team: Team,
        class_weights: Tensor | None = None,
    ) -> None:
        """Prepare the optimizer.

        Args:
            layers: the network, what of it stands behind the cut, and the head.
            groups: names of the network's parameters from input to output.
            trained: numbers of the groups that learn at some time.
            class_weights: in the loss, shape (classes,), on the team's device; None counts all classes alike.
        """
        self.groups, self.recipe, self.team, self.class_weights = groups, recipe, team, class_weights
        self.layers, self.network, self.head = layers, layers.network, layers.head
        self.model = layers.model()
        rates = Rates(recipe.rate, recipe.rate_decay, recipe.weight_decay)
        found = parameter_groups(self.network, self.head, groups, trained, rates)
        for group in found if recipe.l2_sp else ():
            # L2-SP stands in the place of weight decay where there are weights to go back to: section 3 of its paper.
            group["weight_decay"] *= group["layer"] == len(groups)
        self.optimizer = recipe.optimizer(found)
        self.owned = self._names(trained)
        self.norms: list[BatchNorm] = []
        self.rates: Sequence[float] = ()
        self.origins = self._origins() if recipe.l2_sp else {}
        self.average = ema.start(self.weights()) if recipe.ema else {}

    def restart(self, head: nn.Linear) -> None:
        """Let the head begin anew, and the average with it."""
        self.head.load_state_dict(head.state_dict())
        assign(self.average, {name: value for name, value in self.weights().items() if name in self.average})

    def unfreeze(self, trained: Collection[int]) -> None:
        """Let the head and these groups learn, and nothing else."""
        names = {name for number in trained for name in self.groups[number]}
        for name, value in self.network.named_parameters():
            value.requires_grad_(name in names)
        self.head.requires_grad_(True)
        self.norms = norms_of(self.network, names) if self.recipe.batch_norm != "eval" else []

    def step(
        self, inputs: Tensor, targets: Tensor, factor: float, draws: Draws, domains: Tensor | None = None
    ) -> Tensor:
        """Take one step and return the mean loss before it, still on the device: reading it would wait for the step to end.

        Args:
            inputs: what the cut carries, a row per image.
            targets: probabilities, shape (N, classes).
            factor: of the schedule, on every rate.
            draws: the streams of this step.
            domains: of the images, whole numbers of shape (N,), where they are known.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * factor * (self.rates[group["layer"]] if self.rates else 1.0)
        learning = self.learning()
        inputs, targets = self.recipe.mixing(inputs, targets, draws)
        with _training(self.norms if self._gathers else ()):
            loss = self.gradients(inputs, targets, learning, draws, domains)
        if self._gathers and self.team.device.type != "cpu":  # CPUs have all seen the same
            self.team.agree([value for norm in self.norms for value in norm.buffers() if value.is_floating_point()])
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(learning, self.recipe.clip)
        self.optimizer.step()
        self._pull()
        if self.average:
            ema.update(self.average, self.weights(), ema.decay_at(draws.step, self.recipe.ema))
        return loss

    def relative_norms(self, inputs: Tensor, targets: Tensor, draws: Draws) -> tuple[float, ...]:
        """Return the norm of each layer group's gradient beside its weights', the head's last; 0 where a group does not learn."""
        learning = self.learning()
        self.gradients(inputs, targets, learning, draws)
        known = {id(value) for value in learning}
        layers: list[list[nn.Parameter]] = [[] for _ in range(len(self.groups) + 1)]
        for group in self.optimizer.param_groups:
            layers[group["layer"]] += [value for value in group["params"] if id(value) in known]
        gradients = [[value.grad for value in layer if value.grad is not None] for layer in layers]
        return auto_rgn.relative_norms(gradients, layers)

    def _pull(self) -> None:
        """Apply L1 and L2-SP to the weights that learn now."""
        for group in self.optimizer.param_groups:
            learning = [value for value in group["params"] if value.requires_grad]
            if self.recipe.l1 and group["weights"]:
                penalty.soft_threshold(learning, group["lr"] * self.recipe.l1)
            if self.recipe.l2_sp and group["layer"] < len(self.groups):
                origins = [self.origins[value] for value in learning]
                penalty.towards(learning, origins, group["lr"] * self.recipe.l2_sp)

    def _origins(self) -> dict[nn.Parameter, Tensor]:
        """Return the weights of the network as they came."""
        groups = (group for group in self.optimizer.param_groups if group["layer"] < len(self.groups))
        return {value: value.detach().clone() for group in groups for value in group["params"]}

    def learning(self) -> list[nn.Parameter]:
        """Return the parameters that learn now."""
        return [value for group in self.optimizer.param_groups for value in group["params"] if value.requires_grad]

    def gradients(
        self,
        inputs: Tensor,
        targets: Tensor,
        learning: list[nn.Parameter],
        draws: Draws,
        domains: Tensor | None = None,
    ) -> Tensor:
        """Set the gradient of the mean loss, added up over slices; return the loss."""
        count, dropped = len(inputs), self.layers.drop(len(inputs), draws)

        def part(rows: slice) -> tuple[Tensor, ...]:
            images = self.recipe.adversarial(self.model, inputs[rows], targets[rows], draws, rows.start)
            here = None if domains is None else domains[rows]
            with self.layers.chance.drawing(draws("layers", rows.start), here), self.team.precision():
                logits = self.layers.logits(images, dropped, rows)
            loss = self.recipe.loss(logits, targets[rows], self.class_weights).sum() / count
            return loss.detach(), *torch.autograd.grad(loss, learning, allow_unused=True, materialize_grads=True)

        like = (torch.zeros((), device=inputs.device), *(value.detach() for value in learning))
        loss, *gradients = self.team.total(part, count, self._size(count), like, ordered=self._gathers)
        for value, gradient in zip(learning, gradients, strict=True):
            value.grad = gradient
        return loss

    def _size(self, count: int) -> int:
        """Return how many images are computed at once: BatchNorm in training mode looks at all that it may, other layers at any."""
        together = -(-count // self.recipe.accumulate)
        if self.team.device.type == "cpu":
            return _not_one(together, count) if self._gathers else min(SLICE, together)
        share = -(-together // self.team.world)
        return _not_one(share, count) if self._gathers else share

    @property
    def _gathers(self) -> bool:
        """Return whether a step changes the statistics of BatchNorm layers."""
        return bool(self.norms) and self.recipe.batch_norm == "train"

    def predict(self, inputs: Tensor) -> Tensor:
        """Return the logits, float32."""

        def part(rows: slice) -> Tensor:
            with torch.no_grad(), self.team.precision():
                found: Tensor = self.model(inputs[rows])
            return found.float()

        return torch.cat(self.team.map(part, len(inputs)))

    def weights(self) -> Tensors:
        """Return the tensors that this run can change; the same memory, no copies."""
        found = {f"network.{name}": value for name, value in self.network.state_dict().items() if name in self.owned}
        return found | {f"head.{name}": value for name, value in self.head.state_dict().items()}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the model have the averaged weights while the context lasts, where there is an average."""
        if not self.average:
            yield
            return
        now = copy(self.weights())
        assign(self.weights(), self.average)
        try:
            yield
        finally:
            assign(self.weights(), now)

    def _names(self, trained: Collection[int]) -> set[str]:
        names = {name for number in trained for name in self.groups[number]}
        if self.recipe.batch_norm != "eval":
            for path, module in self.network.named_modules():
                if module in norms_of(self.network, names):
                    names.update(f"{path}.{name}" for name, _ in module.named_buffers(recurse=False))
        return names


def assign(targets: Tensors, values: Tensors) -> None:
    """Copy values into tensors of the same names, keeping their layout in memory."""
    with torch.no_grad():
        for name, target in targets.items():
            target.copy_(values[name])


def copy(values: Tensors) -> Tensors:
    """Return the tensors in memory of their own."""
    return {name: value.detach().clone() for name, value in values.items()}


def norms_of(network: nn.Module, names: Collection[str]) -> list[BatchNorm]:
    """Return the BatchNorm layers whose scale is among ``names``."""
    return [
        module
        for path, module in network.named_modules()
        if isinstance(module, BatchNorm) and f"{path}.weight" in names
    ]


def _not_one(size: int, count: int) -> int:
    """Return the size of slices, as near to ``size`` as leaves no single image over: one has no variance.

    Raises:
        SettingsError: there is one image only.
    """
    if count == 1:
        raise SettingsError(
            "finetune.batch_norm: train, as with scratch: true, wants two or more images per step, got one; raise batch_size"
        )
    return next(larger for larger in range(max(2, size), count + 1) if (count - 1) % larger)


@contextmanager
def _training(norms: Sequence[nn.Module]) -> Iterator[None]:
    for module in norms:
        module.train()
    try:
        yield
    finally:
        for module in norms:
            module.eval()
