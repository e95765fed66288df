"""The report of a large project: seconds, memory and size of the page, measured on the real stage in a process of its own.

100,000 images of 50 classes in three domains, half as many derived images, 5 % dropped duplicates; the tables are drawn from a seed
(:mod:`benchmarks.report_tables`). Nobody is compared with: no peer makes such a page from such tables.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report_tables, table
from benchmarks.report_tables import World
from benchmarks.table import Goal, Line, figure
from benchmarks.watched import stage

ROWS, QUICK_ROWS, CLASSES = 100_000, 5_000, 50
RUNS = 3
SECONDS, MEGABYTES, PAGE = 120, 1000, 10  # the goals: of the clock, of resident memory, of the page


def measure(quick: bool) -> Sequence[Line]:
    """Return what the stage costs and how large its page is."""
    rows = QUICK_ROWS if quick else ROWS
    with _project():
        report_tables.write(World(rows, CLASSES))
        spent = [stage("report", Path.cwd()) for _ in range(1 if quick else RUNS)]
        if any(run.code for run in spent):
            raise RuntimeError("the stage report failed; its message is above")
        size = Path("reports/index.html").stat().st_size / 1e6
    what = f"report of {rows:,} images, {CLASSES} classes:"
    return [
        Line(f"{what} seconds", figure(*(run.wall for run in spent)), goal=Goal("ours", "<=", SECONDS)),
        Line("CPU-seconds", figure(*(run.cpu for run in spent))),
        Line("largest resident memory, MB", figure(*(run.main for run in spent)), goal=Goal("ours", "<=", MEGABYTES)),
        Line("size of the page, MB", figure(size), goal=Goal("ours", "<=", PAGE)),
    ]


@contextmanager
def _project() -> Iterator[None]:
    """Work in an empty project."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("params.yaml").write_text("report: {}\n", encoding="utf-8")
            yield
        finally:
            os.chdir(before)


if __name__ == "__main__":
    table.main("report", measure, ("jinja2", "numpy", "pandas", "pyarrow"))
