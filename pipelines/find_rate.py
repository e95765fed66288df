"""Command: which learning rate suits these images?

``python -m pipelines.find_rate`` runs a learning-rate range test with the section ``finetune`` of ``params.yaml`` on what the stages before
it have made, prints a suggestion and draws ``reports/learning_rate.png``. It changes nothing else.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from datatools import parallel
from datatools.cache import Store
from datatools.images import write_bytes
from finetune import backbones, rate_finder, team
from finetune.candidate.lp_ft import LpFt
from finetune.determinism import deterministic
from finetune.inputs import Shelf
from finetune.model import Classifier
from finetune.recipe import Recipe
from finetune.session import Session
from finetune.team import Team
from pipelines import examples, params
from pipelines.examples import Task
from pipelines.finetune import FinetuneSettings
from pipelines.stage import DATA, REPORTS, STORE, Stage, guarded

PICTURE = REPORTS / "learning_rate.png"


def main(arguments: Sequence[str] | None = None) -> None:
    """Find a rate; exit code 1 after a line where that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.find_rate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--steps", type=int, default=rate_finder.STEPS, help="of the test at most (default: %(default)s)"
    )
    steps = parser.parse_args(arguments).steps
    if steps < rate_finder.FEWEST:
        parser.error(f"argument --steps: must be at least {rate_finder.FEWEST}, got {steps}")
    guarded("find_rate", lambda: execute(steps))


def execute(steps: int) -> None:
    """Run the test, say what came of it and draw it."""
    settings, task = load()
    with gathered() as crew:
        found = rate_finder.range_test(session(settings, task, crew, {}), steps)
    REPORTS.mkdir(exist_ok=True)
    write_bytes(PICTURE, rate_finder.draw(found))
    print(f"find_rate: {rate_finder.described(found)}; see {PICTURE}")


def load() -> tuple[FinetuneSettings, Task]:
    """Return the settings of the stage ``finetune`` and what it learns from."""
    settings = params.load("finetune", FinetuneSettings)
    return settings, examples.prepare(Stage("finetune", DATA / "finetune", Store(STORE)), settings.use_derived)


@contextmanager
def gathered() -> Iterator[Team]:
    """Yield who computes, as in the stage."""
    how = parallel.execution()
    with team.gather(how) as crew, deterministic(how.deterministic or crew.device.type == "cpu"):
        yield crew


def session(recipe: Recipe, task: Task, crew: Team, shelf: Shelf) -> Session:
    """Return a run from the probe's model at its first step, as the candidate ``lp_ft`` begins."""
    backbone = backbones.build(task.probe.card.backbone, task.probe.card.seed)
    classifier = Classifier(backbone.network, task.probe.head, backbone.preprocessing).to(crew.device)
    seed = recipe.seed if isinstance(recipe, FinetuneSettings) else 0
    return Session(classifier, backbone.groups, task.train, task.val, LpFt().recipe(recipe), seed, crew, shelf=shelf)


if __name__ == "__main__":
    main()
