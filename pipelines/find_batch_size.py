"""Command: how many images per step are fast, and fit into memory?

``python -m pipelines.find_batch_size`` times steps of growing size with the section ``finetune`` of ``params.yaml``, prints a suggestion
and draws ``reports/batch_size.png``. It changes nothing else.
"""

import argparse
from collections.abc import Sequence

from datatools.images import write_bytes
from finetune import batch_finder
from finetune.inputs import Shelf
from pipelines.find_rate import gathered, load, session
from pipelines.stage import REPORTS, guarded

PICTURE = REPORTS / "batch_size.png"


def main(arguments: Sequence[str] | None = None) -> None:
    """Find a size; exit code 1 after a line where that is not possible."""
    argparse.ArgumentParser(
        prog="python -m pipelines.find_batch_size", description=(__doc__ or "").split("\n")[0]
    ).parse_args(arguments)
    guarded("find_batch_size", execute)


def execute() -> None:
    """Time the sizes, say what came of it and draw it."""
    settings, task = load()
    shelf: Shelf = {}
    with gathered() as crew:
        found = batch_finder.try_sizes(lambda recipe: session(recipe, task, crew, shelf), settings, len(task.train))
    REPORTS.mkdir(exist_ok=True)
    write_bytes(PICTURE, batch_finder.draw(found))
    print(f"find_batch_size: {batch_finder.described(found)}; see {PICTURE}")


if __name__ == "__main__":
    main()
