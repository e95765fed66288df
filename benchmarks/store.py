"""Keeping per-image results: the store's SQLite file beside one file per entry (temporary file, fsync, rename)."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import table
from benchmarks.table import Figure, Goal, Line, figure
from datatools.cache import Shelf, Store

SIZES = {"200 bytes": 200, "40 kB": 40_000}
ENTRIES, BATCH = 2000, 200
Values = Mapping[str, bytes]


def measure(quick: bool) -> Sequence[Line]:
    """Return the seconds for writing and for reading all entries, by their size."""
    count, runs = (200, 1) if quick else (ENTRIES, 5)
    lines: list[Line] = []
    for name, size in SIZES.items():
        data = np.random.default_rng(0).bytes(size)
        values = {f"{number:064x}": number.to_bytes(4, "big") + data for number in range(count)}
        ours, peer = ([run(values) for _ in range(runs)] for run in (_in_store, _in_files))
        goal = Goal("ratio", "<=", 0.5)
        lines.append(Line(f"write {count} entries of {name}, s", _part(ours, 0), _part(peer, 0), goal))
        lines.append(Line("read them again, s (ours verifies a checksum)", _part(ours, 1), _part(peer, 1)))
    return lines


def _part(times: Sequence[tuple[float, float]], index: int) -> Figure:
    return figure(*(pair[index] for pair in times))


def _in_store(values: Values) -> tuple[float, float]:
    # Below the project, not in a temporary folder: that may lie in memory, where fsync costs nothing.
    with tempfile.TemporaryDirectory(dir=".") as folder:
        shelf = Store(Path(folder)).shelf("benchmark", "", "")
        return _seconds(lambda: _put(shelf, values)), _seconds(lambda: shelf.get(values))


def _put(shelf: Shelf, values: Values) -> None:
    names = list(values)
    for start in range(0, len(names), BATCH):
        shelf.put({name: values[name] for name in names[start : start + BATCH]})


def _in_files(values: Values) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        root = Path(folder)
        return _seconds(lambda: _write_files(root, values)), _seconds(lambda: _read_files(root, values))


def _write_files(root: Path, values: Values) -> None:
    for name, data in values.items():
        path = root / name[-2:] / name
        path.parent.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)


def _read_files(root: Path, values: Values) -> None:
    for name in values:
        (root / name[-2:] / name).read_bytes()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    table.main("store", measure, ("numpy",))
