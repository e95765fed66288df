"""One ``dvc exp run``, or another command of dvc that runs stages: which stages ran, for how long, and how it ended."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from datatools import parallel
from pipelines import sandbox

STARTS = re.compile(r"Running stage '([^']+)'")
FAILS = re.compile(r"ERROR: failed to reproduce '([^']+)'")
# Lines between which a stage runs: the next one starts, comes from the cache, or its outputs are being stored.
ENDS = ("Running stage ", "Stage '", "Updating lock file", "ERROR: ")
CACHED = "cached - skipping run"


@dataclass
class Ended:
    """How a run ended.

    Attributes:
        code: exit code of dvc; 0 is success.
        message: the line that says what went wrong; empty after success.
        seconds: wall time of each stage that ran.
        cpu_seconds: processor time of each, dvc's own work on it included.
    """

    code: int = 0
    message: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    def then(self, later: "Ended") -> "Ended":
        """Return how the later one ended, with the times of both."""
        return Ended(later.code, later.message, self.seconds | later.seconds, self.cpu_seconds | later.cpu_seconds)


class Clock:
    """Times stages by the lines that dvc prints."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._stage = ""
        self._since = (0.0, 0.0)
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def hear(self, line: str) -> None:
        """Take notice of a line."""
        if not line.startswith(ENDS):
            return
        now = (time.monotonic(), self._cpu())
        if self._stage:
            self.seconds[self._stage] = round(now[0] - self._since[0], 3)
            self.cpu_seconds[self._stage] = round(now[1] - self._since[1], 3)
        started = STARTS.match(line)
        self._stage, self._since = started.group(1) if started else "", now

    def _cpu(self) -> float:
        """Return the seconds that dvc and all its ended children have used."""
        try:
            return float(sum(self._process.cpu_times()[:4]))
        except psutil.Error:
            return self._since[1]


def run(arguments: Sequence[str], log: Path, place: Path = sandbox.PLACE) -> Ended:
    """Run dvc in the checkout, with what stands there.

    Args:
        arguments: such as ``exp run --name fast evaluate``.
        log: file for all that dvc and the stages print.
    """
    command = [str(Path(sys.executable).with_name("dvc")), *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=sandbox.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            # Killed with kill -9, this command must not leave a dvc that goes on in a checkout that the next one uses.
            preexec_fn=parallel.die_with_parent if os.name == "posix" else None,
        )
        clock = Clock(psutil.Process(process.pid))
        lines = []
        for line in process.stdout or ():
            file.write(line)
            clock.hear(line)
            lines.append(line.strip())
    code = process.wait()
    return Ended(code, message(lines) if code else "", clock.seconds, clock.cpu_seconds)


def message(lines: list[str]) -> str:
    """Return the line that tells a person why a run failed: the stage's own last one, or else dvc's."""
    spoken = [line for line in lines if line]
    failed = next((at for at, line in enumerate(spoken) if FAILS.match(line)), None)
    if failed is None:
        return next((line for line in reversed(spoken) if line.startswith("ERROR")), spoken[-1] if spoken else "failed")
    stage = FAILS.match(spoken[failed])
    own = [line for line in spoken[:failed] if not line.startswith((">", "Running stage ", "Stage '", "Updating "))]
    return own[-1] if own and stage else spoken[failed]
