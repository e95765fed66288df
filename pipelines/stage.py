"""What all stages share: where things are, errors as one line, outputs that are whole or absent, metrics.

A stage file ends with ``stage.main("split", SplitSettings, run)``; ``run(settings, stage)`` reads from ``stage.source(...)``, writes below
``stage.out`` and returns its metrics as a dict. ``stage.out`` is a temporary folder beside ``data/<name>`` that is renamed once, when
everything is written; after an error or a kill nothing half-written stands where an output belongs.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from datatools import parallel
from datatools.cache import Store
from datatools.errors import DataError, ToolkitError
from datatools.settings import Settings
from pipelines import params

SettingsT = TypeVar("SettingsT", bound=Settings)
Metrics = Mapping[str, Any]

DATA, REPORTS = Path("data"), Path("reports")
STORE = Path(".toolkit")  # outside the outputs, ignored by git and DVC


@dataclass(frozen=True)
class Stage:
    """One run of a stage.

    Attributes:
        name: the stage, the section of ``params.yaml`` and the folder below ``data/``.
        out: folder to write into; becomes ``data/<name>``.
        store: results kept per image between runs.
    """

    name: str
    out: Path
    store: Store

    def source(self, stage: str, file: str) -> Path:
        """Return the path of a file that an earlier stage made, such as ``source("split", "manifest.parquet")``."""
        return DATA / stage / file

    def folder(self, name: str, about: str) -> Path:
        """Make a folder of outputs with a note of what is in it; DVC warns, at every stage below, of a folder that is empty."""
        made = self.out / name
        made.mkdir()
        (made / "README.txt").write_text(about + "\n", encoding="utf-8")
        return made

    def page(self, file: str, text: str) -> None:
        """Write a page for people; it becomes ``reports/<file>`` when the stage is done."""
        (self.out / file).write_text(text, encoding="utf-8")

    def final(self, file: str) -> Path:
        """Return the path that ``out / file`` will have in the end: what a table has to say."""
        return DATA / self.name / file


def main(name: str, model: type[SettingsT], run: Callable[[SettingsT, Stage], Metrics]) -> None:
    """Run one stage and end the process: code 0, or 1 after one line on standard error."""
    guarded(name, lambda: execute(name, model, run))


def guarded(name: str, work: Callable[[], None]) -> None:
    """Do the work of a stage, or of a command, as :func:`main` does: dying with DVC, errors as one line."""
    _die_with_dvc()
    # A polite kill unwinds, so that workers end and temporary folders go; see the tests of killed stages.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        work()
    except ToolkitError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)


def execute(name: str, model: type[SettingsT], run: Callable[[SettingsT, Stage], Metrics]) -> None:
    """Run one stage in this process and put its folder in place."""
    started, first = time.monotonic(), parallel.replica() == 0
    settings = params.load(name, model)
    parallel.execution()  # a bad execution.yaml is reported before any work
    out = _fresh_folder(DATA / name, parallel.replica())
    try:
        metrics = run(settings, Stage(name, out, Store(STORE)))
        write_json(out / "metrics.json", metrics)
        # What the outputs were made with, for those who read them: no later stage reads this section of params.yaml.
        write_json(out / "settings.json", settings.model_dump(mode="json"))
        if first:  # the other replicas of a run have made the same
            _publish(out)
            _replace_folder(out, DATA / name)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    if first:
        print(f"{name}: {_summary(metrics)} ({time.monotonic() - started:.1f} s)")


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, whole or not at all; NaN is an error, since no reader agrees on it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")
    beside.replace(path)


def read_json(path: Path) -> Any:
    """Read JSON; a missing or damaged file is a DataError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None
    except ValueError as error:
        raise DataError(f"{path}: is not valid JSON ({error})") from None


def _summary(metrics: Metrics) -> str:
    shown = [
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in metrics.items()
        if isinstance(value, int | float | str)
    ]
    return ", ".join(shown[:8]) or "done"


def _fresh_folder(final: Path, replica: int) -> Path:
    """Make the folder to build in; what a killed run left behind goes first. DVC allows one run at a time."""
    building = final.with_name(f".{final.name}.building{replica or ''}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    return building


def _publish(out: Path) -> None:
    """Put finished pages in place by renaming them: what stands there may be a link into DVC's cache."""
    for page in sorted(out.glob("*.html")):
        REPORTS.mkdir(exist_ok=True)
        page.replace(REPORTS / page.name)


def _replace_folder(built: Path, final: Path) -> None:
    old = final.with_name(f".{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    built.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _die_with_dvc() -> None:
    """End this process when the shell or the ``dvc`` above it is gone.

    Tried: after ``kill -9`` of ``dvc repro`` the stage goes on as an orphan, and the next ``dvc repro`` starts a second one beside it.
    The kernel's signal covers the direct parent; the thread covers a shell between DVC and the stage.
    """
    parallel.die_with_parent()
    above = _ancestors_up_to_dvc()
    if above:
        threading.Thread(target=_watch, args=(above,), daemon=True).start()


def _ancestors_up_to_dvc() -> list[psutil.Process]:
    found: list[psutil.Process] = []
    try:
        for process in psutil.Process().parents():
            found.append(process)
            if any(Path(part).name == "dvc" for part in process.cmdline()[:3]):
                return found
    except psutil.Error:
        pass
    return []


def _watch(processes: list[psutil.Process]) -> None:
    while all(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
