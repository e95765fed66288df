"""A split that was agreed on: which image lies where, as a small CSV kept in git.

::

    image_id,split
    0a3f…,train
    91bc…,test

**Guarantee**: an image that the file lists, and that has a label, gets the split that is written there, whatever other images come, go or
change, and whatever the seed and the fractions. Its whole group goes with it. An image that was dropped in favour of a better copy hands
its split on to its cluster. The one exception is a group for which different splits are listed, of its members or of copies of them that
were dropped, because a new near-duplicate or ``group_id`` ties them together: this is refused, or, under ``anchor_conflicts: set_aside``,
the group goes where test is listed, else val, and the members listed elsewhere get no split. New groups are placed around the listed ones,
so that shares of rows and classes hold for all.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

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
    found = groups.find(rows)
    voices = [*_own(rows, said), *_inherited(lines, rows, clusters)]
    of_voice = found.of_row[np.array([voice.row for voice in voices], dtype=np.int64)]
    splits = np.array([voice.split for voice in voices], dtype=np.int64)
    bound = np.full(len(found.keys), FREE, dtype=np.int64)
    np.maximum.at(bound, of_voice, splits)
    divided = of_voice[splits != bound[of_voice]]
    if len(divided) and conflicts == "refuse":
        raise DataError(_conflict(rows, voices, of_voice, divided))
    numbers = bound[found.of_row]
    listed = len(lines.keys() & (set(ids) | clusters.keys()))
    return Anchors(numbers, (said != FREE) & (said != numbers), listed, len(lines) - listed)


class Voice(NamedTuple):
    """What a line says of a row: of its image, or of a copy in its cluster that was dropped."""

    row: int
    split: int
    image_id: str


def _own(rows: pd.DataFrame, said: Integers) -> Iterator[Voice]:
    ids = rows["image_id"].to_numpy(dtype=object)
    for row in np.flatnonzero(said != FREE).tolist():
        yield Voice(row, int(said[row]), str(ids[row]))


def _inherited(lines: Mapping[str, str], rows: pd.DataFrame, clusters: Mapping[str, str]) -> Iterator[Voice]:
    """Yield what the lines say of dropped images, each for the row with the smallest id of its cluster, if any is left."""
    ids = rows["image_id"].to_numpy(dtype=object)
    by_id = np.argsort(ids)[::-1]
    row_of = dict(zip(rows["cluster_id"].to_numpy(dtype=object)[by_id], by_id.tolist(), strict=True))
    for image_id in sorted((lines.keys() & clusters.keys()) - set(ids)):
        if clusters[image_id] in row_of:
            yield Voice(row_of[clusters[image_id]], _number(lines[image_id]), image_id)


def _number(split: str | None) -> int:
    return FREE if split is None else SPLITS.index(split)


def _conflict(rows: pd.DataFrame, voices: Sequence[Voice], of_voice: Integers, divided: Integers) -> str:
    inside = [voice for voice, group in zip(voices, of_voice.tolist(), strict=True) if group == divided.min()]
    example: dict[int, list[str]] = {}
    for voice in inside:
        example.setdefault(voice.split, []).append(_told(rows, voice))
    told = " and ".join(f"{min(example[split])} in {SPLITS[split]}" for split in sorted(example))
    count = len(set(divided.tolist()))
    many = f"{count:,} {'group is' if count == 1 else 'groups are'}"
    return (
        f"splits.csv: {many} listed in several splits, for example {told}, which near-duplicates or a group_id tie together; "
        "change or delete their lines, or set split.anchor_conflicts: set_aside (test keeps its images, train loses theirs)"
    )


def _told(rows: pd.DataFrame, voice: Voice) -> str:
    path, image_id = rows[["path", "image_id"]].iloc[voice.row]
    return str(path) if image_id == voice.image_id else f"{voice.image_id} (dropped; {path} is of its cluster)"
