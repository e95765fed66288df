"""What the builders of example data share: where a package lies, a folder that appears whole, and the command line."""

import argparse
import csv
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from datatools.errors import DataError, ToolkitError


def package(name: str, extra: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        DataError: the package is not installed; names the ``extra`` that brings it.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"package {name} is not installed; install the extra {extra!r}: pip install '.[{extra}]'")
    return Path(spec.submodule_search_locations[0])


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it becomes ``out`` in one rename at the end, and vanishes if the block raises.

    Raises:
        DataError: ``out`` is a file, or a folder that already holds data.
    """
    _check_empty(out)
    out = out.resolve()  # a link to a folder elsewhere stays a link
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        if out.exists():
            out.rmdir()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check_empty(out: Path) -> None:
    if out.is_file():
        raise DataError(f"{out}: is a file; give a folder that is empty or does not exist")
    first = min((entry.name for entry in out.iterdir()), default=None) if out.exists() else None
    if first is not None:
        raise DataError(f"{out}: is not empty (it holds {first}); give an empty folder, or move its data away")


def write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows with equal keys as CSV: UTF-8, a line feed after each row, a gap as an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def command(build: Callable[[Path], int], description: str, arguments: Sequence[str] | None = None) -> int:
    """Run a builder from the command line and return the exit code: 1, after one line, if the user can mend it.

    Args:
        build: fills the folder it is given and returns the number of images.
        arguments: as in ``sys.argv[1:]``, which is the default.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, default=Path("data/raw"), help="empty or new folder (default: data/raw)")
    out: Path = parser.parse_args(arguments).out
    try:
        count = build(out)
    except ToolkitError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out}: {count} images and metadata.csv")
    return 0
