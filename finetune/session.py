"""One run under way: its data at the cut, its learner, the best weights so far, and everything that a checkpoint holds."""

import math
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from datatools.errors import ToolkitError
from finetune import batch_norm, batches, cut, inputs, stages
from finetune.chance import Chance, Draws
from finetune.checkpoint import Saver, Tensors
from finetune.class_weights import balanced
from finetune.cut import Cut
from finetune.data import Examples
from finetune.fast_adversarial import CHECKED
from finetune.groups import Groups
from finetune.inputs import Shelf
from finetune.layers import Layers
from finetune.learner import Learner, assign, copy
from finetune.mixstyle import inserted
from finetune.model import Classifier
from finetune.optimizer import state
from finetune.progress import Progress, Row, Score
from finetune.recipe import Recipe
from finetune.stochastic_depth import check_learning, stochastic_depth
from finetune.strategy import auto_rgn, ever_trained, resolve
from finetune.team import Team
from finetune.views import unchanged

AT_ONCE = 512  # validation rows that are looked at together
MEASURED = 5  # batches whose gradients say how fast each layer group should learn, as in the code of Auto-RGN's paper
GLANCE = 0.5  # seconds between two looks at the loss: on a GPU each look waits for all steps queued


class Session:
    """Everything a run needs beside its progress."""

    def __init__(
        self,
        model: Classifier,
        groups: Groups,
        train: Examples,
        val: Examples,
        recipe: Recipe,
        seed: int,
        crew: Team,
        keep: int = 1,
        shelf: Shelf | None = None,
    ) -> None:
        self.train, self.val, self.recipe, self.seed, self.crew, self.keep = train, val, recipe, seed, crew, keep
        self.hooks, chance = ExitStack(), Chance()
        depth = stochastic_depth(model.network, recipe.stochastic_depth) if recipe.stochastic_depth else None
        self.strategy = resolve(recipe.strategy, groups)
        trained = ever_trained(self.strategy, recipe.epochs, len(groups))
        if depth:
            check_learning(depth, [name for number in trained for name in groups[number]])
        halves = _halves(model, groups, trained, recipe, crew.device)
        if recipe.mixstyle.probability:
            styles = recipe.mixstyle.build(chance)
            self.hooks.enter_context(inserted(model.network, stages.early(model.network, groups), styles))
        self.batches = batches.plan(train.names, train.targets, recipe, seed)
        variants = self.batches.views.variants(train.names, seed, model.preprocessing.size)
        prepare = partial(inputs.prepare, halves.trunk, team=crew, keep=halves.saves, shelf=shelf, frozen=trained)
        self.inputs = prepare(train, variants)
        self.val_inputs = prepare(val, unchanged(len(val)))
        weights = balanced(train.targets, recipe.class_weights).to(crew.device) if recipe.class_weights else None
        self.steps = self.batches.steps
        tail: Any = halves.tail
        if crew.compiled is not None and recipe.epochs * self.steps >= crew.compiled:
            tail = torch.compile(tail, dynamic=False)
        layers = Layers(model.network, tail, model.head, recipe.dropout, depth, chance)
        self.learner = Learner(layers, groups, trained, recipe, crew, weights)
        self.first, self.kept = copy(self.learner.weights()), list[Tensors]()
        self.cut, self.count = halves.saves, len(groups)
        self.loss, self.glanced = torch.zeros((), dtype=torch.float64, device=crew.device), time.monotonic()

    @property
    def parameters(self) -> int:
        """Return how many numbers the recipe may change."""
        return sum(value.numel() for group in self.learner.optimizer.param_groups for value in group["params"])

    def start(self, head: nn.Linear | None) -> Progress:
        """Look at the model as it came, then put in the head to start from."""
        progress = Progress.start(self.score())
        if head is not None:
            self.learner.restart(head)
        return progress

    def epoch(self, progress: Progress, saver: Saver, bar: "tqdm[Any]") -> None:
        """Take the epoch's steps, from where it stands."""
        epoch, recipe = progress.epoch, self.recipe
        self.learner.unfreeze(self.strategy.trained(epoch, self.count))
        shown, history = self.batches.of(epoch), progress.losses
        if recipe.auto_rates and not progress.step:
            progress.rates = self._measured_rates(shown, epoch)
        self.learner.rates = progress.rates
        for rows, views in shown[progress.step :]:
            number = epoch * self.steps + progress.step
            factor = recipe.schedule(number, recipe.epochs * self.steps, history)
            loss = self._step(rows, views, factor, number)
            self.loss += loss.double() * len(rows)
            progress.stepped(len(rows))
            bar.update(len(rows))
            due = saver.due()
            if due or time.monotonic() - self.glanced > GLANCE:
                self._glance(progress, bar)
            if due:
                self.save(saver, progress)

    def _measured_rates(self, shown: Sequence[tuple[Tensor, Tensor]], epoch: int) -> list[float]:
        """Return the factors on the layer groups' rates, from the gradients of the epoch's first batches."""
        found = []
        for place, (rows, views) in enumerate(shown[:MEASURED]):
            targets = self.train.targets[rows].to(self.crew.device)
            draws = Draws(self.seed, epoch * self.steps + place)
            found.append(self.learner.relative_norms(self.inputs(rows, views), targets, draws))
        return list(auto_rgn.factors(found))

    def trial(self, number: int, factor: float) -> float:
        """Take the step of this number, with what learns in the last epoch, and return its loss: for trying out a recipe."""
        epoch, place = divmod(number, self.steps)
        self.learner.unfreeze(self.strategy.trained(self.recipe.epochs - 1, self.count))
        rows, views = self.batches.of(epoch)[place]
        return float(self._step(rows, views, factor, number))

    def _step(self, rows: Tensor, views: Tensor, factor: float, number: int) -> Tensor:
        device = self.crew.device
        targets = self.train.targets[rows].to(device, non_blocking=True)
        domains = None if self.train.domains is None else self.train.domains[rows]
        return self.learner.step(self.inputs(rows, views), targets, factor, Draws(self.seed, number), domains)

    def _glance(self, progress: Progress, bar: "tqdm[Any] | None" = None) -> None:
        """Fetch the loss so far from the device.

        Raises:
            ToolkitError: it became infinite.
        """
        progress.loss_sum, self.glanced = float(self.loss), time.monotonic()
        if not math.isfinite(progress.loss_sum):
            raise self._exploded(progress)
        if bar is not None:
            last = progress.curve[-1].val_accuracy
            bar.set_postfix(epoch=progress.epoch + 1, loss=progress.loss, val=last, refresh=False)

    def _exploded(self, progress: Progress) -> ToolkitError:
        rate, epoch = self.recipe.rate, progress.epoch + 1
        return ToolkitError(f"the loss became infinite in epoch {epoch}; lower finetune.rate ({rate:g})")

    def _recalibrate(self) -> None:
        if self.recipe.batch_norm == "recalibrate":
            with self.crew.precision():  # what the frozen layers kept may be in half precision
                batch_norm.recalibrate(self.learner.model, self.learner.norms, self._plain_batches())

    def close(self, progress: Progress) -> None:
        """End an epoch: look at the validation rows, and keep the weights if they are among the best so far."""
        self._glance(progress)
        number = progress.epoch * self.steps + self.steps - 1
        rate = self.recipe.rate * self.recipe.schedule(number, self.recipe.epochs * self.steps, progress.losses)
        self._recalibrate()
        with self.learner.averaged():
            if self.learner.average:  # averaged statistics are those of no weights
                self._recalibrate()
            score = self.score()
            if not math.isfinite(score.loss):
                raise self._exploded(progress)
            progress.closed(score, rate, self.steps, len(self.strategy.trained(progress.epoch, self.count)))
            self.loss.zero_()
            place = progress.place(self.keep)
            if place is not None:
                self.kept.insert(place, copy(self.learner.weights()))
                del self.kept[self.keep :]

    def score(self) -> Score:
        """Return loss and accuracy on the validation rows; a label that the model does not know counts as an error."""
        rows = torch.arange(len(self.val))
        parts = [
            self.learner.predict(self.val_inputs(part, torch.zeros_like(part))).cpu()
            for part in torch.split(rows, AT_ONCE)
        ]
        logits, known = torch.cat(parts).double(), self.val.targets.sum(dim=1) > 0
        if not known.any():
            raise ToolkitError("no validation row has a label that the train rows know; change split")
        loss = functional.cross_entropy(logits[known], self.val.targets[known].double())
        right = (logits.argmax(dim=1) == self.val.targets.argmax(dim=1)) & known
        robust = self._robust(rows[known][:CHECKED]) if self.recipe.adversarial.epsilon else None
        return Score(float(loss), float(right.double().mean()), robust)

    def _robust(self, rows: Tensor) -> float:
        """Return the accuracy on attacked validation images."""
        device, model = self.crew.device, self.learner.model
        images, labels = self.val_inputs(rows, torch.zeros_like(rows)), self.val.targets[rows].argmax(dim=1)
        parts = self.crew.map(
            lambda part: self.recipe.adversarial.robust(
                model, images[part], labels[part].to(device), self.seed, part.start
            ),
            len(rows),
        )
        return sum(parts) / len(rows)

    def save(self, saver: Saver, progress: Progress) -> None:
        """Write down everything that the rest of the run depends on."""
        kept = {f"kept{place}": weights for place, weights in enumerate(self.kept)}
        groups = {
            "now": self.learner.weights(),
            "average": self.learner.average,
            "optimizer": state.tensors(self.learner.optimizer),
            **kept,
        }
        tensors = {f"{group} {name}": value for group, values in groups.items() for name, value in values.items()}
        if self.crew.rank == 0:
            saver.save(progress.epoch * self.steps + progress.step, tensors, asdict(progress))

    def resume(self, saver: Saver) -> Progress | None:
        """Take up the newest checkpoint; None where there is none."""
        found = saver.load()
        if found is None:
            return None
        groups: dict[str, dict[str, Tensor]] = {"now": {}, "average": {}, "optimizer": {}}
        for name, value in found[0].items():
            group, _, rest = name.partition(" ")
            groups.setdefault(group, {})[rest] = value
        assign(self.learner.weights(), groups["now"])
        assign(self.learner.average, groups["average"])
        state.restore(self.learner.optimizer, groups["optimizer"])
        progress = Progress.from_json(found[1])
        self.kept = [copy(self.first) for _ in progress.kept]
        for place, weights in enumerate(self.kept):
            assign(weights, groups[f"kept{place}"])
        self.loss.fill_(progress.loss_sum)
        return progress

    def best(self, progress: Progress) -> Tensors:
        """Return the weights of the best epoch; those of the model as it came where no epoch was better."""
        return self.kept[0] if progress.best.epoch else self.first

    def ranked(self, progress: Progress) -> tuple[tuple[Row, Tensors], ...]:
        """Return the best trained epochs with their weights, best first."""
        rows = {row.epoch: row for row in progress.curve}
        return tuple((rows[epoch], weights) for epoch, weights in zip(progress.kept, self.kept, strict=True))

    def bar(self, progress: Progress) -> "tqdm[Any]":
        """Return the progress bar of the run, standing where the run stands."""
        total, silent = self.recipe.epochs * self.batches.shown, True if self.crew.rank else None
        done = progress.epoch * self.batches.shown + progress.seen
        return tqdm(total=total, initial=done, desc="fine-tuning", unit="img", disable=silent, file=sys.stderr)

    def _plain_batches(self) -> Iterator[Tensor]:
        """Yield every train image as it is, in batches of one size."""
        count = max(1, len(self.train) // max(2, self.recipe.batch_size))
        for part in torch.tensor_split(torch.arange(len(self.train)), count):
            yield self.inputs(part, torch.zeros_like(part))


def _halves(model: Classifier, groups: Groups, trained: Collection[int], recipe: Recipe, device: torch.device) -> Cut:
    """Return what runs once per view, from images in [0, 1], and what runs at every step."""
    learning = {name for number in trained for name in groups[number]}
    if recipe.adversarial.epsilon:  # gradients reach the pixels
        return Cut(nn.Identity(), nn.Sequential(model.normalise, model.network), saves=False)
    if recipe.mixstyle.probability:  # styles are drawn anew at every step
        return Cut(model.normalise, model.network, saves=False)
    halves = cut.split(model.network, learning, _sample(model, device))
    return Cut(nn.Sequential(model.normalise, halves.trunk), halves.tail, halves.saves)


def _sample(model: Classifier, device: torch.device) -> Tensor:
    size = model.preprocessing.size
    wave = torch.linspace(-1, 1, 2 * 3 * size * size, device=device).sin()
    return wave.reshape(2, 3, size, size).contiguous(memory_format=torch.channels_last)
