"""Fine-tuning: the loop, what it records, and which epoch's model it returns.

A run is a pure function of the model, the examples, the recipe and the seed. On a CPU its result has the same bytes for any number of
threads, and also if it is killed and taken up again from a checkpoint.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from datatools import parallel
from datatools.parallel import Execution
from finetune import team
from finetune.checkpoint import Saver, Tensors
from finetune.data import Examples
from finetune.determinism import deterministic
from finetune.fast_adversarial import collapsed
from finetune.groups import Groups
from finetune.inputs import Shelf
from finetune.learner import assign
from finetune.model import Classifier
from finetune.progress import Progress, Row
from finetune.recipe import Recipe
from finetune.session import Session


@dataclass(frozen=True)
class Fitted:
    """What a run gave; the model itself was changed in place.

    Attributes:
        curve: one row per epoch; epoch 0 is the model as it came.
        best: the row whose weights the model has now.
        parameters: how many numbers the recipe may change.
        cut: whether the frozen part ran once per view instead of at every step.
        collapsed: whether adversarial training was ended because its robustness had collapsed.
        kept: the best trained epochs and their weights, named as in the model, best first; on the device of the run.
    """

    curve: tuple[Row, ...]
    best: Row
    parameters: int
    cut: bool
    collapsed: bool = False
    kept: tuple[tuple[Row, Tensors], ...] = field(default=(), compare=False, repr=False)


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
    keep: int = 1,
    shelf: Shelf | None = None,
    watch: Callable[[Sequence[Row]], None] | None = None,
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
        keep: how many of the best trained epochs to return with their weights.
        watch: told the curve so far after every epoch, such as :func:`finetune.curves.write` with a path.
        shelf: what the frozen part made of the images, from runs of the same model on the same examples and for those to come.

    Raises:
        ToolkitError: the loss became infinite.
    """
    how = how or parallel.execution()
    with team.gather(how) as crew, deterministic(how.deterministic or crew.device.type == "cpu"):
        model.to(crew.device).to(memory_format=torch.channels_last)
        session = Session(model, groups, train, val, recipe, seed, crew, keep, shelf)
        with session.hooks:
            progress = session.resume(saver) or session.start(head)
            _run(session, progress, saver, watch if crew.rank == 0 else None)
            assign(session.learner.weights(), session.best(progress))
    model.requires_grad_(False)
    return Fitted(
        tuple(progress.curve),
        progress.best,
        session.parameters,
        session.cut,
        collapsed(progress.robust),
        session.ranked(progress),
    )


def _run(session: Session, progress: Progress, saver: Saver, watch: Callable[[Sequence[Row]], None] | None) -> None:
    """Take the run from where it stands to its end."""
    with session.bar(progress) as bar:
        while not _finished(progress, session.recipe):
            session.epoch(progress, saver, bar)
            session.close(progress)
            if watch is not None:
                watch(progress.curve)


def _finished(progress: Progress, recipe: Recipe) -> bool:
    return progress.finished(recipe.epochs, recipe.patience) or collapsed(progress.robust)
