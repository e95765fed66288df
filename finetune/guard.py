"""The guard: of everything that was tried, what is delivered. It is never below the probe on the validation rows.

The best epochs of all candidates are averaged (greedy soup), and the line from the probe's model to that average is walked (WiSE-FT). The
probe is one end of the line and is judged by the same code, so the best place on the line can be below it neither in accuracy nor in loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from datatools import parallel
from datatools.parallel import Execution
from finetune import soup, team, wise_ft
from finetune.candidate.finished import Finished
from finetune.checkpoint import Tensors
from finetune.data import Examples
from finetune.determinism import deterministic
from finetune.fast_adversarial import FastAdversarial
from finetune.judge import Judge, Judged, Score
from finetune.model import Classifier
from finetune.soup import Ingredient, Soup
from finetune.wise_ft import Point


@dataclass(frozen=True)
class Choice:
    """What was chosen, and between what.

    Attributes:
        probe: how the start is judged.
        soup: the average at the far end of the line; None where no candidate had an epoch to offer.
        path: the line from the start (first) to the soup (last).
        best: the place on the line that is delivered.
        weights: the tensors there, those of the start where it is the probe.
    """

    probe: Judged
    soup: Soup | None
    path: tuple[Point, ...]
    best: Point
    weights: Tensors

    @property
    def winner(self) -> str:
        """Return the candidate whose epoch is the first in the soup, or ``probe``."""
        return self.soup.ingredients[0].candidate if self.soup and self.best.alpha else "probe"


def choose(judge: Score, start: Tensors, ingredients: Sequence[Ingredient]) -> Choice:
    """Choose what to deliver.

    Args:
        judge: scores weights on the validation rows.
        start: the probe's model: all tensors that a candidate may have changed.
        ingredients: the best epochs of all candidates, all with the names of ``start``.
    """
    probe = judge(start)
    if not ingredients:
        only = Point(0.0, probe)
        return Choice(probe, None, (only,), only, start)
    mix = soup.greedy(ingredients, judge, not_below(probe))
    path = wise_ft.path(start, mix.weights, judge)
    best = max(
        path, key=lambda point: not_below(probe)(point.judged)
    )  # of equals the first: the one nearest to the probe
    return Choice(probe, mix, path, best, wise_ft.blend(start, mix.weights, best.alpha))


def not_below(probe: Judged) -> Callable[[Judged], tuple[float, ...]]:
    """Return the order by which weights are compared: the lowest loss among those that get no fewer rows right than the probe.

    A few dozen rows say little by their accuracy; the loss tells more about the same rows (measured, see docs/decisions.md). Where images
    are attacked, the loss of the clean ones would favour the probe, so there the rows that are right count first.
    """
    if probe.robust is not None:
        return lambda found: (found.right >= probe.right, found.right, -found.loss)
    return lambda found: (found.right >= probe.right, -found.loss)


def settle(
    model: Classifier,
    start: Tensors,
    runs: Sequence[Finished],
    val: Examples,
    attack: FastAdversarial | None = None,
    how: Execution | None = None,
) -> Choice:
    """Choose among the kept epochs of all runs, and leave the model with the weights that were chosen.

    Args:
        start: the whole state of the probe's model.
        attack: what training was to withstand.
        how: how to run; the default is what :func:`datatools.parallel.execution` finds.
    """
    kept = [(run.name, row.epoch, weights) for run in runs for row, weights in run.kept]
    changing = {name for _, _, weights in kept for name in weights} or {"head.weight", "head.bias"}
    before = {name: start[name] for name in changing}
    ingredients = [Ingredient(name, epoch, {**before, **weights}) for name, epoch, weights in kept]
    with deterministic(), team.gather(how or parallel.execution()) as crew:
        model.to(crew.device).to(memory_format=torch.channels_last)
        judge = Judge(model, start, changing, val, crew, attack)
        choice = choose(judge, before, ingredients)
        judge.put(choice.weights)
    return choice


def alone(model: Classifier, run: Finished, val: Examples, how: Execution | None = None) -> Judged:
    """Return how the best epoch of a run is judged that began elsewhere than at the probe."""
    (_, weights), *_ = run.kept
    with deterministic(), team.gather(how or parallel.execution()) as crew:
        model.to(crew.device).to(memory_format=torch.channels_last)
        return Judge(model, model.state_dict(), weights, val, crew)(weights)
