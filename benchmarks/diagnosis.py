"""Does the diagnosis find what is wrong, and keep quiet where nothing is? ``python -m benchmarks.diagnosis [--quick]``.

Small real projects (see :mod:`benchmarks.planted` and :mod:`benchmarks.planted_defects`) go through all stages, each in a process of its
own. What has been run is kept below .toolkit/diagnosis, stage by stage, and run again when the code or the settings of the stage or of one
before it have changed; so a run that was broken off goes on, and a change of a check costs seconds. A defect counts as found when one of
the kinds of finding that fit it is reported as an error or a warning; in a sound project every error and warning is false.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import confident, photos, planted, planted_defects, table
from benchmarks.planted import Project
from benchmarks.table import Goal, Line, figure
from datatools import parallel
from datatools.errors import DataError

KEPT = photos.STORE / "diagnosis"
ROOT = Path(__file__).resolve().parent.parent
ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOOLKIT_WORKERS": "1", "TOOLKIT_DEVICE": "cpu"}

Found = list[dict[str, Any]]


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines; none where the photos are not there."""
    if not planted.there():
        print(f"left out: {photos.CLOTHING} and {photos.DIGITS} are not there")
        return []
    sound, defects = planted.controls(quick), planted_defects.planted(quick)
    with ThreadPoolExecutor(min(parallel.execution().processes, 2)) as pool:
        found = dict(zip([one.name for one in (*defects, *sound)], pool.map(findings, (*defects, *sound)), strict=True))
    ranks = {one.name: rank(found[one.name], one.expected) for one in defects}
    false = {one.name: grave(found[one.name]) for one in sound}
    for name, kinds in false.items():
        if kinds:
            print(f"{name}: false: {', '.join(kinds)}")
    planted_lines = [*_of_defects(defects, found, ranks, judged=not quick), *_of_sound(found, false, judged=not quick)]
    return [*planted_lines, *confident.lines(quick)]


def findings(project: Project) -> Found:
    """Run a project, or take what is kept of it, and return its findings, ranked.

    Raises:
        DataError: a stage failed.
    """
    folder = KEPT / "".join(letter if letter.isalnum() else "-" for letter in project.name)
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.planted_run", project.name, str(folder)]
    with (folder / "log").open("w", encoding="utf-8") as log:
        environment = {**os.environ, **ALONE, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, check=False, stdout=log, stderr=subprocess.STDOUT, env=environment)
    if done.returncode:
        last = (folder / "log").read_text(encoding="utf-8").strip().splitlines() or ["without a word"]
        raise DataError(f"{project.name}: failed: {last[-1]}")
    report = json.loads((folder / "data" / "diagnose" / "findings.json").read_text(encoding="utf-8"))
    found: Found = report["findings"]
    print(f"{project.name}: {', '.join(item['kind'] for item in found) or 'nothing found'}", flush=True)
    return found


def grave(found: Found) -> list[str]:
    """Return the kinds of the errors and warnings, in their order."""
    return [item["kind"] for item in found if item["severity"] != "info"]


def rank(found: Found, expected: Sequence[str]) -> int:
    """Return the place of the first error or warning of an expected kind among them, from 1; 0 where there is none."""
    return next((place for place, kind in enumerate(grave(found), 1) if kind in expected), 0)


def _of_defects(
    defects: Sequence[Project], found: dict[str, Found], ranks: dict[str, int], *, judged: bool
) -> list[Line]:
    lines = []
    for project in defects:
        others = [kind for kind in grave(found[project.name]) if kind not in project.expected]
        beside = f"; beside it: {', '.join(others)}" if others else ""
        lines.append(Line(f"{project.name.replace('_', ' ')}: rank (0: missed){beside}", figure(ranks[project.name])))
    share = sum(rank > 0 for rank in ranks.values()) / len(ranks)
    goal = Goal("ours", ">=", 1.0) if judged else None
    lines.append(Line(f"share of {len(ranks)} planted defects that are found", figure(share), goal=goal))
    first = sum(rank == 1 for rank in ranks.values()) / len(ranks)
    return [*lines, Line("  that are ranked first", figure(first))]


def _of_sound(found: dict[str, Found], false: dict[str, list[str]], *, judged: bool) -> list[Line]:
    count = sum(len(kinds) for kinds in false.values())
    told = sum(item["severity"] == "info" for name in false for item in found[name])
    goal = Goal("ours", "<=", 1.0) if judged else None
    return [
        Line(f"errors and warnings in {len(false)} sound projects", figure(count), goal=goal),
        Line("  informations there, a project", figure(told / len(false))),
    ]


if __name__ == "__main__":
    table.main("diagnosis", measure, ("numpy", "scikit-learn", "timm", "torch"))
