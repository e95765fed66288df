"""Fine-tuning: the loop, what it records, and which epoch's model it returns.

A run is a pure function of the model, the examples, the recipe and the seed. On a CPU its result has the same bytes for any number of
threads, and also if it is killed and taken up again from a checkpoint.
"""

import math
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from datatools import parallel, seeds
from datatools.errors import ToolkitError
from datatools.parallel import Execution
from finetune import cut, inputs, team
from finetune.checkpoint import Saver
from finetune.data import Examples
from finetune.determinism import deterministic
from finetune.groups import Groups
from finetune.learner import Learner, assign
from finetune.model import Classifier
from finetune.optimizer import state
from finetune.progress import Progress, Row, Score
from finetune.recipe import Recipe
from finetune.strategy import ever_trained


@dataclass(frozen=True)
class Fitted:
    """What a run gave; the model itself was changed in place.

    Attributes:
        curve: one row per epoch; epoch 0 is the model as it came.
        best: the row whose weights the model has now.
        parameters: how many numbers the recipe may change.
        cut: whether the frozen part ran once per view instead of at every step.
    """

    curve: tuple[Row, ...]
    best: Row
    parameters: int
    cut: bool


def fit(
    model: Classifier,
    groups: Groups,
    train: Examples,
    val: Examples,
    recipe: Recipe,
    seed: int,
    saver: Saver,
    head: nn.Linear | None = None,
    how: Execution | None = None,
) -> Fitted:
    """Fine-tune a model in place and leave it with the weights of its best epoch.

    Args:
        model: on any device; it is moved to the one of ``how`` and stays there.
        groups: names of the parameters of ``model.network`` from input to output.
        train: what to learn from.
        val: what chooses the epoch; never learned from.
        saver: where an unfinished run is kept; a checkpoint found there is taken up.
        head: what the head starts from instead of the model's own; epoch 0, which is never undercut, is still the model as it came.
        how: how to run; the default is what :func:`datatools.parallel.execution` finds.

    Raises:
        ToolkitError: the loss became infinite.
    """
    with deterministic(), team.gather(how or parallel.execution()) as crew:
        model.to(crew.device).to(memory_format=torch.channels_last)
        session = Session(model, groups, train, val, recipe, seed, crew)
        progress = session.resume(saver) or session.start(head)
        with session.bar(progress) as bar:
            while not progress.finished(recipe.epochs, recipe.patience):
                session.epoch(progress, saver, bar)
                session.close(progress)
        assign(session.learner.weights(), session.best)
    model.requires_grad_(False)
    return Fitted(tuple(progress.curve), progress.best, session.parameters, session.cut)


class Session:
    """Everything a run needs beside its progress: data at the cut, the learner, the best weights so far."""

    def __init__(
        self,
        model: Classifier,
        groups: Groups,
        train: Examples,
        val: Examples,
        recipe: Recipe,
        seed: int,
        crew: team.Team,
    ) -> None:
        self.train, self.val, self.recipe, self.seed = train, val, recipe, seed
        trained = ever_trained(recipe.strategy, recipe.epochs, len(groups))
        learning = {name for number in trained for name in groups[number]}
        halves = cut.split(model.network, learning, _sample(model, crew.device))
        trunk = nn.Sequential(model.normalise, halves.trunk)
        moves = recipe.views.moves(train.names, seed, model.preprocessing.size)
        self.inputs = inputs.prepare(trunk, train, moves, crew, keep=halves.saves)
        self.val_inputs = inputs.prepare(trunk, val, np.zeros((len(val), 1, 3), np.int64), crew, keep=halves.saves)
        self.learner = Learner(model.network, halves.tail, model.head, groups, trained, recipe, crew)
        self.best = self._copy()
        self.parameters = sum(
            value.numel() for group in self.learner.optimizer.param_groups for value in group["params"]
        )
        self.cut, self.device, self.count = halves.saves, crew.device, len(groups)
        self.steps = math.ceil(len(train) / recipe.batch_size)

    def start(self, head: nn.Linear | None) -> Progress:
        """Look at the model as it came, then put in the head to start from."""
        progress = Progress.start(self.score())
        if head is not None:
            self.learner.head.load_state_dict(head.state_dict())
        return progress

    def epoch(self, progress: Progress, saver: Saver, bar: "tqdm[Any]") -> None:
        """Take the epoch's steps, from where it stands."""
        epoch, recipe = progress.epoch, self.recipe
        self.learner.unfreeze(recipe.strategy.trained(epoch, self.count))
        batches = self._batches(epoch)
        views = torch.from_numpy(recipe.views.shown(self.train.names, self.seed, epoch))
        for rows in batches[progress.step :]:
            number = epoch * self.steps + progress.step
            factor = recipe.schedule(number, recipe.epochs * self.steps)
            loss = self.learner.step(self.inputs(rows, views[rows]), self.train.targets[rows].to(self.device), factor)
            self._check(loss, epoch)
            progress.stepped(loss * len(rows), len(rows))
            bar.set_postfix(epoch=epoch + 1, loss=progress.loss, val=progress.curve[-1].val_accuracy, refresh=False)
            bar.update(len(rows))
            if saver.due():
                self.save(saver, progress)

    def close(self, progress: Progress) -> None:
        """End an epoch: look at the validation rows, and keep the weights if they are the best so far."""
        rate = self.recipe.rate * self.recipe.schedule(
            progress.epoch * self.steps + self.steps - 1, self.recipe.epochs * self.steps
        )
        if progress.closed(self.score(), rate, self.steps):
            self.best = self._copy()

    def score(self) -> Score:
        """Return loss and accuracy on the validation rows; a label that the model does not know counts as an error."""
        rows = torch.arange(len(self.val))
        parts = [
            self.learner.predict(self.val_inputs(part, torch.zeros_like(part))).cpu() for part in torch.split(rows, 512)
        ]
        logits, known = torch.cat(parts).double(), self.val.targets.sum(dim=1) > 0
        if not known.any():
            raise ToolkitError("finetune: no validation row has a label that the train rows know; change split")
        loss = functional.cross_entropy(logits[known], self.val.targets[known].double())
        right = (logits.argmax(dim=1) == self.val.targets.argmax(dim=1)) & known
        return Score(float(loss), float(right.double().mean()))

    def save(self, saver: Saver, progress: Progress) -> None:
        """Write down everything that the rest of the run depends on."""
        groups = {"now": self.learner.weights(), "best": self.best, "optimizer": state.tensors(self.learner.optimizer)}
        tensors = {f"{group} {name}": value for group, values in groups.items() for name, value in values.items()}
        saver.save(progress.epoch * self.steps + progress.step, tensors, asdict(progress))

    def resume(self, saver: Saver) -> Progress | None:
        """Take up the newest checkpoint; None where there is none."""
        found = saver.load()
        if found is None:
            return None
        groups: dict[str, dict[str, Tensor]] = {"now": {}, "best": {}, "optimizer": {}}
        for name, value in found[0].items():
            group, _, rest = name.partition(" ")
            groups[group][rest] = value
        assign(self.learner.weights(), groups["now"])
        assign(self.best, groups["best"])
        state.restore(self.learner.optimizer, groups["optimizer"])
        return Progress.from_json(found[1])

    def bar(self, progress: Progress) -> "tqdm[Any]":
        """Return the progress bar of the run, standing where the run stands."""
        total = self.recipe.epochs * len(self.train)
        done = progress.epoch * len(self.train) + progress.seen
        return tqdm(total=total, initial=done, desc="fine-tuning", unit="img", disable=None, file=sys.stderr)

    def _batches(self, epoch: int) -> list[Tensor]:
        """Return the rows of each step; sizes differ by at most one, so that no step sees a single image."""
        order = seeds.generator(self.seed, "finetune", "shuffle", epoch).permutation(len(self.train))
        return [torch.from_numpy(part) for part in np.array_split(order, self.steps)]

    def _check(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            raise ToolkitError(
                f"finetune: the loss became infinite in epoch {epoch + 1}; lower finetune.rate ({self.recipe.rate:g})"
            )

    def _copy(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.learner.weights().items()}


def _sample(model: Classifier, device: torch.device) -> Tensor:
    size = model.preprocessing.size
    wave = torch.linspace(-1, 1, 2 * 3 * size * size, device=device).sin()
    return wave.reshape(2, 3, size, size).contiguous(memory_format=torch.channels_last)
