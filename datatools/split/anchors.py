"""A split that was agreed on: which image lies where, as a small CSV kept in git.

::

    image_id,split
    0a3f…,train
    91bc…,test

**Guarantee**: an image that the file lists, and that has a label, gets the split that is written there, whatever other images come, go or
change, and whatever the seed and the fractions. Its whole group goes with it. An image that was dropped in favour of a better copy hands
its split on to its cluster. The one exception is a group whose members are listed in different splits, because a new near-duplicate or
``group_id`` ties them together: this is refused, or, under ``anchor_conflicts: set_aside``, the members listed in test stay, else those in
val, and the others get no split. New groups are placed around the listed ones, so that shares of rows and classes hold for all.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.errors import DataError
from datatools.manifest import SHA256, SPLITS
from datatools.split import groups, straddling
from datatools.split.assignment import Assignment
from datatools.split.given import FREE

Integers = NDArray[np.int64]
Conflicts = Literal["refuse", "set_aside"]
HEADER = ["image_id", "split"]


@dataclass(frozen=True)
class Anchors:
    """The lines as they apply to a table.

    Attributes:
        numbers: split number of every row whose group is bound, -1 for the others.
        aside: rows listed elsewhere than their group stays.
        listed: how many lines found their image, or the cluster of an image that was dropped.
        absent: how many did not.
    """

    numbers: Integers
    aside: NDArray[np.bool_]
    listed: int
    absent: int

    def set_aside(self, assigned: Assignment) -> Assignment:
        """Take the rows that lie elsewhere than their group out of the split."""
        split, why = assigned.split.copy(), assigned.why.copy()
        why[self.aside] = [straddling.reason(int(number)) for number in self.numbers[self.aside]]
        split[self.aside] = None
        return replace(assigned, split=split, why=why)


def parse(text: str, name: str) -> dict[str, str]:
    """Return image_id -> split; blank lines are skipped, and a line may stand twice.

    Args:
        text: the file's text.
        name: of the file, for messages.

    Raises:
        DataError: naming file and line: a wrong header, what is no image_id or no split, or two lines that contradict each other.
    """
    found: dict[str, str] = {}
    lines = _records(text, name)
    where, header = next(lines, (f"{name}: line 1", []))
    if header != HEADER:
        raise DataError(f"{where}: must be {','.join(HEADER)!r}, got {','.join(header)!r}")
    for where, fields in lines:
        _add(found, fields, where)
    return found


def _records(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    # Spreadsheets begin a CSV with a byte order mark, and end it with rows of commas.
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True, strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield f"{name}: line {reader.line_num}", [field.strip() for field in fields]
    except csv.Error as error:
        raise DataError(f"{name}: line {reader.line_num}: is not CSV ({error})") from None


def _add(found: dict[str, str], parts: list[str], where: str) -> None:
    if len(parts) != len(HEADER):
        raise DataError(f"{where}: has {len(parts)} fields, not {len(HEADER)}")
    image_id, split = parts
    if not SHA256.fullmatch(image_id):
        raise DataError(f"{where}: image_id: must be 64 lower-case hex digits, got {image_id[:70]!r}")
    if split not in SPLITS:
        raise DataError(f"{where}: split: must be one of {', '.join(SPLITS)}, got {split!r}")
    if found.setdefault(image_id, split) != split:
        raise DataError(f"{where}: says {split}, and a line above says {found[image_id]} of {image_id}; delete one")


def text(lines: Mapping[str, str]) -> str:
    """Return the file for image_id -> split, sorted, so that versions can be compared line by line."""
    return "\n".join([",".join(HEADER), *(f"{image_id},{split}" for image_id, split in sorted(lines.items()))]) + "\n"


def apply(
    lines: Mapping[str, str], rows: pd.DataFrame, clusters: Mapping[str, str], conflicts: Conflicts
) -> Anchors | None:
    """Find the rows that the lines bind; None where there are no lines.

    Args:
        lines: from :func:`parse`.
        rows: the manifest.
        clusters: image_id -> cluster_id of images that are in the data, but were dropped as copies.
        conflicts: what to do about groups that are listed in several splits.

    Raises:
        DataError: under ``refuse``, such a group, by count and example.
    """
    if not lines:
        return None
    ids = rows["image_id"].to_numpy(dtype=object)
    said = np.array([_number(lines.get(str(image_id))) for image_id in ids], dtype=np.int64)
    inherited = _inherited(lines, rows, clusters)
    found = groups.find(rows)
    # What is said of an image itself and what its cluster inherits bind its group alike.
    bound = np.maximum(straddling.most_protected(found, said), straddling.most_protected(found, inherited))
    split = (bound != FREE) & (_differs(found, said, bound) | _differs(found, inherited, bound))
    if split.any() and conflicts == "refuse":
        raise DataError(_conflict(rows, found, said, inherited, split))
    numbers = bound[found.of_row]
    listed = len(lines.keys() & (set(ids) | clusters.keys()))
    return Anchors(numbers, (said != FREE) & (said != numbers), listed, len(lines) - listed)


def _number(split: str | None) -> int:
    return FREE if split is None else SPLITS.index(split)


def _inherited(lines: Mapping[str, str], rows: pd.DataFrame, clusters: Mapping[str, str]) -> Integers:
    """Return the most protected split of the dropped images of each row's cluster."""
    ids = set(rows["image_id"])
    highest: dict[str, int] = {}
    for image_id, cluster in clusters.items():
        if image_id in lines and image_id not in ids:
            highest[cluster] = max(highest.get(cluster, FREE), _number(lines[image_id]))
    return np.array([highest.get(str(name), FREE) for name in rows["cluster_id"]], dtype=np.int64)


def _differs(found: groups.Groups, numbers: Integers, bound: Integers) -> NDArray[np.bool_]:
    other = (numbers != FREE) & (numbers != bound[found.of_row])
    return np.bincount(found.of_row[other], minlength=len(found.keys)) > 0


def _conflict(
    rows: pd.DataFrame, found: groups.Groups, said: Integers, inherited: Integers, split: NDArray[np.bool_]
) -> str:
    inside = found.of_row == np.flatnonzero(split)[0]
    either = np.concatenate([said[inside], inherited[inside]])
    paths = np.tile(rows["path"].to_numpy(dtype=object)[inside], 2)
    example = {SPLITS[number]: str(min(paths[either == number])) for number in sorted(set(either.tolist()) - {FREE})}
    told = " and ".join(f"{path} in {name}" for name, path in example.items())
    many = f"{int(split.sum()):,} {'group is' if split.sum() == 1 else 'groups are'}"
    return (
        f"splits.csv: {many} listed in several splits, for example {told}, which near-duplicates or a group_id tie together; "
        "change or delete their lines, or set split.anchor_conflicts: set_aside (test keeps its images, train loses theirs)"
    )
