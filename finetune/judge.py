"""Judging weights on the validation rows: one way for the probe, each epoch, each average and each blend, so that they can be compared.

What no candidate changed runs once per image; weights cost a pass of the layers behind it.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from finetune import cut, inputs
from finetune.checkpoint import Tensors
from finetune.data import Examples
from finetune.fast_adversarial import CHECKED, FastAdversarial
from finetune.model import Classifier
from finetune.team import Team
from finetune.views import unchanged

AT_ONCE = 512  # validation images
ATTACK_SEED = 0  # all weights are attacked from the same random starts


@dataclass(frozen=True)
class Judged:
    """What weights answer on the validation rows.

    Attributes:
        loss: mean cross-entropy in nats over the rows whose label the model knows; infinite where an answer is no number.
        accuracy: share of right answers among all rows.
        logits: float64, shape (N, classes), on the CPU.
        robust: share of right answers under attack, among the rows that were attacked; None where none was.
    """

    loss: float
    accuracy: float
    logits: Tensor
    robust: float | None = None

    @property
    def right(self) -> float:
        """Return the accuracy; where images were attacked, being right on clean and on attacked ones counts alike."""
        return self.accuracy if self.robust is None else (self.accuracy + self.robust) / 2


Score = Callable[[Tensors], Judged]


def judged(logits: Tensor, targets: Tensor) -> Judged:
    """Return the scores of logits, shape (N, classes); a row whose targets are all 0 has a label that no answer meets."""
    logits, known = logits.double().cpu(), targets.sum(dim=1) > 0
    loss = float(functional.cross_entropy(logits[known], targets[known].double()))
    right = (logits.argmax(dim=1) == targets.argmax(dim=1)) & known
    sound = math.isfinite(loss) and bool(logits.isfinite().all())
    return Judged(loss if sound else math.inf, float(right.double().mean()) if sound else 0.0, logits)


class Judge:
    """Puts weights into a model and scores its answers."""

    def __init__(
        self,
        model: Classifier,
        start: Tensors,
        changing: Collection[str],
        val: Examples,
        team: Team,
        attack: FastAdversarial | None = None,
    ) -> None:
        """Put the start into the model and run the part that never changes.

        Args:
            model: on the team's device; changed in place by every call.
            start: the model's whole state.
            changing: names in ``start`` of the tensors that may be given to a call.
            attack: what training was to withstand; then the answers to attacked images count as well.
        """
        self.model, self.val, self.team = model, val, team
        self.attack = attack if attack and attack.epsilon else None
        model.load_state_dict(start)
        self.start = {name: start[name] for name in sorted(changing)}
        halves = cut.split(model.network, _learning(model.network, self.start), _sample(model, val, team))
        trunk = nn.Sequential(model.normalise, halves.trunk)
        self.inputs = inputs.prepare(trunk, val, unchanged(len(val)), team, keep=halves.saves)
        self.tail = nn.Sequential(halves.tail, model.head)

    def __call__(self, weights: Tensors) -> Judged:
        """Return the scores of these weights; what they do not hold is as at the start."""
        self.put(weights)
        parts = [self._logits(part) for part in torch.split(torch.arange(len(self.val)), AT_ONCE)]
        found = judged(torch.cat(parts), self.val.targets)
        return replace(found, robust=self._robust(self.attack)) if self.attack else found

    def put(self, weights: Tensors) -> None:
        """Leave the model with these weights.

        Raises:
            ValueError: a tensor that was not announced as changing.
        """
        if strange := sorted(weights.keys() - self.start.keys()):
            raise ValueError(f"{strange[0]} is none of the tensors that may change")
        self.model.load_state_dict({**self.start, **weights}, strict=False)

    def _logits(self, rows: Tensor) -> Tensor:
        entering = self.inputs(rows, torch.zeros_like(rows))

        def part(of: slice) -> Tensor:
            with torch.no_grad(), self.team.precision():  # both hold for this thread only
                found: Tensor = self.tail(entering[of])
            return found.float()

        return torch.cat(self.team.map(part, len(rows))).cpu()

    def _robust(self, attack: FastAdversarial) -> float:
        rows = (self.val.targets.sum(dim=1) > 0).nonzero()[:CHECKED, 0]
        images = self.val.pixels[rows].to(self.team.device).to(torch.float32).div(255)
        images = images.contiguous(memory_format=torch.channels_last)
        labels = self.val.targets[rows].argmax(dim=1).to(self.team.device)
        parts = self.team.map(
            lambda of: attack.robust(self.model, images[of], labels[of], ATTACK_SEED, of.start), len(rows)
        )
        return sum(parts) / len(rows)


def _learning(network: nn.Module, changing: Collection[str]) -> set[str]:
    """Return the parameters of all modules that own a changing tensor: a BatchNorm's statistics may change while its scale does not."""
    owners = {name.rpartition(".")[0] for name in changing if name.startswith("network.")}
    found: set[str] = set()
    for path, module in network.named_modules():
        if f"network.{path}".rstrip(".") in owners:
            names = {f"{path}.{name}".lstrip(".") for name, _ in module.named_parameters(recurse=False)}
            # A module without parameters is invisible to the cut: nothing is cut off then.
            found |= names or {name for name, _ in network.named_parameters()}
    return found


def _sample(model: Classifier, val: Examples, team: Team) -> Tensor:
    images = val.pixels[:2].to(team.device).to(torch.float32).div(255)
    normalised: Tensor = model.normalise(images)
    return normalised.contiguous(memory_format=torch.channels_last)
