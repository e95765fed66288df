"""Running the candidates one after the other, each from the same start, each with checkpoints of its own."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from datatools import parallel, seeds
from finetune import train
from finetune.candidate import Candidate, finished
from finetune.candidate.finished import RUNNING, Finished
from finetune.checkpoint import Saver, Tensors
from finetune.data import Examples
from finetune.fast_adversarial import collapsed
from finetune.groups import Groups
from finetune.inputs import Shelf
from finetune.model import Classifier
from finetune.progress import Row
from finetune.recipe import Recipe


@dataclass(frozen=True)
class Contest:
    """What all candidates have in common.

    Attributes:
        train, val: what is learnt from, and what chooses.
        seed: of the stage; each candidate's stream is derived from it and its name.
        keep: how many epochs of each are kept.
        folder: where runs are written down until the stage has ended.
        watch: told the curve of the running candidate after every epoch.
        shelf: what the frozen part of the probe's network makes of the images: candidates with the same frozen layers share it.
    """

    train: Examples
    val: Examples
    seed: int
    keep: int
    folder: Path
    shelf: Shelf = field(default_factory=dict, compare=False, repr=False)
    watch: Callable[[Sequence[Row]], None] | None = None

    def run(self, name: str, recipe: Recipe, model: Classifier, groups: Groups, head: nn.Linear | None) -> Finished:
        """Return a run, taken up where a killed stage left it; one that had ended is not repeated.

        Args:
            name: its stream of random numbers and its folder.
            model: the start; changed in place.
            head: what the head starts from instead of the model's own.
        """
        folder = self.folder / name
        if (before := finished.load(folder, name)) is not None:
            return before
        began, saver = time.monotonic(), Saver(folder / RUNNING)
        stream = self.stream(name)
        fitted = train.fit(
            model,
            groups,
            self.train,
            self.val,
            recipe,
            stream,
            saver,
            head,
            keep=self.keep,
            shelf=self.shelf,
            watch=self.watch,
        )
        found = finished.of(name, fitted)
        if parallel.replica() == 0:  # the others have found the same
            finished.save(folder, found)
            print(f"finetune: {_line(found)} ({time.monotonic() - began:.1f} s)", flush=True)
        return found

    def stream(self, name: str) -> int:
        """Return the seed of a candidate."""
        return seeds.integer(self.seed, "finetune", "candidate", name)


def run(
    contest: Contest, candidates: Sequence[Candidate], recipe: Recipe, model: Classifier, groups: Groups
) -> tuple[Finished, ...]:
    """Return the runs of all candidates; the model is left changed.

    Args:
        model: the probe's model, from which all start.
    """
    start: Tensors = {name: value.clone() for name, value in model.state_dict().items()}
    runs = []
    for name, candidate in named(candidates):
        model.load_state_dict(start)
        head = candidate.head(model.head.in_features, model.head.out_features, contest.stream(name))
        runs.append(contest.run(name, candidate.recipe(recipe), model, groups, head))
    return tuple(runs)


def named(candidates: Sequence[Candidate]) -> Iterator[tuple[str, Candidate]]:
    """Yield the candidates with names of their own: the method, with a number from the second one on."""
    seen: Counter[str] = Counter()
    for candidate in candidates:
        seen[candidate.method] += 1
        number = seen[candidate.method]
        yield (candidate.method if number == 1 else f"{candidate.method}_{number}"), candidate


def _line(found: Finished) -> str:
    best = found.best
    right = f"{best.val_accuracy:.1%} of val images right, loss {best.val_loss:.3f}"
    robust = [row.val_robust for row in found.curve[1:] if row.val_robust is not None]
    end = ", where its robustness collapsed; lower adversarial.step" if collapsed(robust) else ""
    return f"{found.name}: {right} in epoch {best.epoch} of {found.curve[-1].epoch}{end}"
