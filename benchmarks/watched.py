"""One command with what it took: time on the clock, time of the processors, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
EVERY = 0.02  # seconds between two looks


@dataclass(frozen=True)
class Spent:
    """What a command and the processes that it started took.

    Attributes:
        code: exit code.
        wall: seconds on the clock.
        cpu: seconds of all processors; of a process that ends between two looks its last moment is missing.
        main: largest resident memory of the command itself, MB, as the kernel counted it.
        together: the largest sum over all processes, MB, by looks; what they share counts for each.
    """

    code: int
    wall: float
    cpu: float
    main: float
    together: float


def stage(name: str, folder: Path, variables: Mapping[str, str] | None = None) -> Spent:
    """Run a stage of the project in a folder that holds ``params.yaml`` and ``data/raw``."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **(variables or {})}
    return run([sys.executable, "-m", f"pipelines.{name}"], folder, environment)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Spent:
    """Run a command and look at it until it ends."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=dict(environment))
    watched, seconds, most = psutil.Process(process.pid), dict[int, float](), 0.0
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        most = max(most, _look(watched, seconds))
        time.sleep(EVERY)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    below = sum(taken for number, taken in seconds.items() if number != process.pid)
    cpu = used.ru_utime + used.ru_stime + below
    return Spent(process.returncode, wall, cpu, used.ru_maxrss * 1024 / 1e6, most)


def _look(watched: psutil.Process, seconds: dict[int, float]) -> float:
    """Note each process's CPU-seconds and return the memory of all, MB."""
    total = 0.0
    for process in (watched, *_below(watched)):
        try:
            total += process.memory_info().rss / 1e6
            times = process.cpu_times()
        except psutil.Error:  # it has ended
            continue
        seconds[process.pid] = times.user + times.system
    return total


def _below(watched: psutil.Process) -> list[psutil.Process]:
    try:
        return watched.children(recursive=True)
    except psutil.Error:
        return []
