"""Command: which change helps? ``python -m pipelines.ablate [experiments.yaml]`` tries the levers that the file names, one at a time.

Every run is a ``dvc exp run`` in a checkout beside the workspace (see sandbox.py). What ended is in the ledger and is not run again; a
command that was killed goes on where it stopped. ``--note NAME TEXT`` writes a note at a run.
"""

import argparse
import fcntl
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from datatools.errors import DataError, ToolkitError
from datatools.experiment import ledger as rows
from datatools.experiment.comparison import compare
from datatools.experiment.design import BASELINE
from datatools.experiment.wording import line_text
from pipelines import exp_run, experiments, ledger, sandbox
from pipelines.exp_run import Ended
from pipelines.experiments import Planned
from pipelines.sandbox import PLACE, Version
from pipelines.stage import STORE, guarded

LOGS = STORE / "ablate"
TARGET = "evaluate"


class Session(NamedTuple):
    """What all runs of one command share."""

    version: Version
    data: str
    code: str
    metric: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.ablate", description="Try one change at a time.")
    parser.add_argument("file", nargs="?", type=Path, default=experiments.FILE, help="default: experiments.yaml")
    parser.add_argument("--note", nargs=2, metavar=("NAME", "TEXT"), help="write a note at the latest run of that name")
    given = parser.parse_args(arguments)
    guarded("ablate", (lambda: note(*given.note)) if given.note else (lambda: ablate(given.file)))


def ablate(file: Path) -> None:
    """Run what has no result yet, and write ledger and page after each run.

    Raises:
        ToolkitError: settings that no run could use, a folder without git, or another command at work.
    """
    given = experiments.load(file)
    design = given.design()
    plan = experiments.planned(design, experiments.mapping(Path("params.yaml")), file)
    with _alone():
        version = sandbox.prepare()
        before = _ingest(plan[0].settings)
        session = Session(version, ledger.data_version(PLACE), ledger.code_version(PLACE), given.metric)
        known = experiments.by_identity(plan, session.data, session.code)
        runs = {key: [one.run for one in same] for key, same in known.items()}
        _run_all(
            {key: same[0] for key, same in known.items()},
            session,
            before,
            lambda: ledger.write_page(design, runs, given.metric),
        )
    for line in compare(design, runs, rows.judged_by(ledger.read(), given.metric)):
        _tell(line_text(line, given.metric))
    _tell(f"{ledger.PAGE}, {ledger.FILE}")


def note(name: str, text: str) -> None:
    """Write a note at the latest run of that name.

    Raises:
        DataError: there is no such run.
    """
    found = ledger.read()
    noted = rows.noted(found, name, text)
    if noted is None:
        names = ", ".join(sorted(set(found["name"]))[:8]) or "none yet"
        raise DataError(f"{ledger.FILE}: no run is called {name}; runs: {names}")
    ledger.write(noted)
    _tell(f"note written at {name}; the page shows it after the next make ablate")


def _run_all(known: Mapping[str, Planned], session: Session, before: Ended, write: Callable[[], None]) -> None:
    """Run what waits, and write the ledger and the page after each.

    Raises:
        DataError: a baseline failed; what is to be compared with it would take its time for nothing.
    """
    done = rows.ended(ledger.read())
    waiting = {key: one for key, one in known.items() if key not in done}
    _tell(f"{len(known)} runs, {len(known) - len(waiting)} of them done")
    write()
    started = time.monotonic()
    for count, (key, one) in enumerate(waiting.items(), start=1):
        _tell(f"{count} of {len(waiting)}: {one.run.name} ...")
        ended = _run(one, session.version)
        if one.run.lever == BASELINE:
            ended, before = before.then(ended), Ended()
        row = _row(key, one, session, ended)
        ledger.write(rows.added(ledger.read(), row))
        write()
        left = (time.monotonic() - started) / count * (len(waiting) - count)
        _tell(f"  {_said(row)} ({sum(ended.seconds.values()):.0f} s; {_duration(left)} left)")
        if one.run.lever == BASELINE and row["outcome"] == rows.FAILED:
            raise DataError(f"{one.run.name} failed, so there is nothing to compare with: {row['message']}")


def _run(one: Planned, version: Version) -> Ended:
    sandbox.clear(one.run.name, version.commit)
    sandbox.write_params(one.settings)
    ended = exp_run.run(["exp", "run", "--name", one.run.name, TARGET], LOGS / f"{one.run.name}.log")
    if not ended.code:
        sandbox.publish(one.run.name, version.commit)
    return ended


def _row(key: str, one: Planned, session: Session, ended: Ended) -> dict[str, Any]:
    outcome, message = (rows.FAILED, ended.message) if ended.code else (rows.DONE, "")
    found: dict[str, Any] = dict(rows.NOTHING) if ended.code else ledger.results(PLACE, session.metric)
    if outcome == rows.DONE and None in {found["val"], found["test"]}:
        outcome, message = rows.FAILED, rows.undefined(session.metric, found)
    return {
        "run": key,
        "name": one.run.name,
        "lever": one.run.lever,
        "value": one.run.value,
        "seed": one.run.seed,
        "outcome": outcome,
        "message": message,
        "settings": one.counted,
        "data": session.data,
        "code": session.code,
        "commit": session.version.commit,
        "dirty": session.version.dirty,
        "metric": session.metric,
        **found,
        "seconds": json.dumps(ended.seconds),
        "cpu_seconds": json.dumps(ended.cpu_seconds),
        "ended_at": datetime.now(UTC),
        "note": "",
    }


def _ingest(settings: dict[str, Any]) -> Ended:
    """Run the first stage with the baseline's settings: which version the data are is only known when DVC has looked at them."""
    sandbox.clear()
    sandbox.write_params(settings)
    ended = exp_run.run(["repro", "ingest"], LOGS / "ingest.log")
    if ended.code:
        raise DataError(ended.message)
    return ended


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the checkout; the lock goes with the process, however it ends."""
    STORE.mkdir(exist_ok=True)
    with (STORE / "ablate.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ToolkitError("another ablation is running in this project; wait for it, or stop it") from None
        yield


def _said(row: Mapping[str, Any]) -> str:
    if row["outcome"] == rows.FAILED:
        return f"failed: {row['message']} (all of it: {LOGS / row['name']}.log)"
    return f"{row['metric']} {row['val']:.3f} on val, {row['test']:.3f} on test"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"about {minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"about {minutes} min"


def _tell(text: str) -> None:
    print(f"ablate: {text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("ablate: stopped; the same command goes on from here")
