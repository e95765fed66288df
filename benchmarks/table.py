"""The shape that all benchmarks share: what was measured beside what, whether the goal was met, and on which machine.

A benchmark is ``benchmarks/<name>.py`` with a function that measures and returns :class:`Line` objects, and ends with
``table.main("<name>", measure, libraries)``. ``python -m benchmarks.<name>`` prints the table, writes ``benchmarks/results/<name>.json``
and exits with 1 where a goal was missed; ``--quick`` measures less, within a minute, and writes ``<name>-quick.json`` instead.
"""

import argparse
import json
import operator
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import psutil

RESULTS = Path(__file__).parent / "results"
COLUMNS = ("what", "ours", "peer", "ratio", "goal", "met")

Measure = Callable[[bool], Sequence["Line"]]  # from --quick to what was measured


@dataclass(frozen=True)
class Figure:
    """One quantity, measured several times (runs, seeds).

    Attributes:
        values: all of them, at least one; the median stands for them, lowest and highest are the spread.
    """

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """Return the median."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return _short(self.middle)
        return f"{_short(self.middle)} ({_short(min(self.values))}-{_short(max(self.values))}, n={len(self.values)})"

    def plain(self) -> dict[str, Any]:
        """Return the figure as JSON values."""
        low, high = min(self.values), max(self.values)
        return {"median": self.middle, "low": low, "high": high, "n": len(self.values), "values": list(self.values)}


@dataclass(frozen=True)
class Goal:
    """What has to hold: ``ours`` or ``ratio`` (ours / peer) at least or at most a value."""

    of: Literal["ours", "ratio"]
    sense: Literal[">=", "<=", ">"]
    value: float

    def __str__(self) -> str:
        return f"{self.of} {self.sense} {_short(self.value)}"

    def met(self, line: "Line") -> bool:
        """Return whether a line meets the goal; one without the peer that it is about does not."""
        found = line.ours.middle if self.of == "ours" else line.ratio
        tests = {">=": operator.ge, "<=": operator.le, ">": operator.gt}
        return found is not None and bool(tests[self.sense](found, self.value))


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        what: the quantity with its unit, and of what.
        peer: the same quantity of who is compared with, measured in the same run.
        goal: what has to hold; None for a line that only informs.
    """

    what: str
    ours: Figure
    peer: Figure | None = None
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours / peer; None without a peer, or where the peer is 0."""
        return self.ours.middle / self.peer.middle if self.peer and self.peer.middle else None

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met; None where there is none."""
        return self.goal.met(self) if self.goal else None

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the line's columns."""
        ratio = "" if self.ratio is None else _short(self.ratio)
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return (self.what, str(self.ours), str(self.peer or ""), ratio, str(self.goal or ""), met)

    def plain(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        peer = self.peer.plain() if self.peer else None
        goal = str(self.goal) if self.goal else None
        return {
            "what": self.what,
            "ours": self.ours.plain(),
            "peer": peer,
            "ratio": self.ratio,
            "goal": goal,
            "met": self.met,
        }


def figure(*values: float) -> Figure:
    """Return the figure of these values."""
    return Figure(tuple(float(value) for value in values))


def main(name: str, measure: Measure, libraries: Sequence[str]) -> None:
    """Measure, print the table, write it, and end the process: code 0, or 1 where a goal was missed.

    Args:
        name: of the benchmark.
        libraries: distributions whose versions belong beside the figures.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="measure less: within a minute, and less sure")
    quick = parser.parse_args().quick
    where = machine(libraries)
    lines = measure(quick)
    print(render(lines))
    command = f"python -m benchmarks.{name}{' --quick' if quick else ''}"
    path = RESULTS / f"{name}{'-quick' if quick else ''}.json"
    write(path, {"command": command, "machine": where, "lines": [line.plain() for line in lines]})
    sys.exit(1 if any(line.met is False for line in lines) else 0)


def render(lines: Sequence[Line]) -> str:
    """Return the table as text with aligned columns."""
    rows = [COLUMNS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    ruled = [rows[0], tuple("-" * width for width in widths), *rows[1:]]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in ruled
    )


def machine(libraries: Sequence[str]) -> dict[str, Any]:
    """Return what the figures were measured on; the load says what else was running."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": _gpu(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_at_start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in sorted(libraries)},
    }


def write(path: Path, value: dict[str, Any]) -> None:
    """Write the result as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _gpu() -> str | None:
    torch = sys.modules.get("torch")  # a benchmark without torch need not load it for this
    return torch.cuda.get_device_name() if torch and torch.cuda.is_available() else None
