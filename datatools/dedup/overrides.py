"""What a person decided about copies: a small CSV kept in git, honoured on every run.

::

    decision,first,second,note
    same,data/raw/dress/1.jpg,data/raw/dress/7.jpg,same photo cut closer
    different,data/raw/cell/3.png,data/raw/cell/9.png,two cells of one module
    keep,data/raw/hat/2.jpg,,the others carry a watermark

An image is named by its path as in the tables, by its image_id, or by the first digits of that (8 or more). What the decisions mean:

* ``same``: the two are a pair, whatever hashes and pixels say.
* ``different``: the two are no pair, so neither is ever dropped in favour of the other: an image is a copy only of a keeper with
  which it forms a pair itself (:mod:`datatools.dedup.clusters`). It says nothing about third pictures: where B is a copy of both A
  and C, B goes in favour of one of them and both stay. The three may still share a cluster, which only holds them on one side of a split.
* ``keep``: the image outranks all copies of it that no line keeps, labelled or not. Named by its path, that very file outranks
  files with the same bytes too.
"""

import csv
import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datatools.dedup.search import Pairs
from datatools.errors import DataError

Decision = Literal["same", "different", "keep"]
Indices = NDArray[np.int64]
Pair = tuple[int, int]

HEADER = ["decision", "first", "second", "note"]
LEAST_DIGITS, DIGITS = 8, 64


class Override(NamedTuple):
    """One line: ``second`` is empty for ``keep``; ``where`` is the file and line, for messages."""

    decision: Decision
    first: str
    second: str
    note: str
    where: str


class Decisions(NamedTuple):
    """The lines as rows of a table with one row per distinct image, sorted by image_id.

    Attributes:
        same, different: pairs of rows, the lower first; no pair is in both.
        keep: rows of images that a ``keep`` line names.
        keep_paths: the paths among those names.
        unmatched: one line of text for each line of the file that cannot be honoured with these data: it names an image that is not there
            (any more), or tells apart what is one file byte for byte.
    """

    same: frozenset[Pair]
    different: frozenset[Pair]
    keep: frozenset[int]
    keep_paths: frozenset[str]
    unmatched: tuple[str, ...]


def parse(text: str, name: str) -> tuple[Override, ...]:
    """Return the lines of the CSV; blank lines are skipped, and a line may stand twice.

    Args:
        text: the file's text.
        name: of the file, for messages.

    Raises:
        DataError: naming file and line: a wrong header, an unknown decision, a missing or surplus name, or two lines that
            contradict each other.
    """
    lines = _records(text, name)
    header = next(lines, None)
    if header is None or [field.strip() for field in header[1]] != HEADER:
        got = f"got {','.join(header[1])!r}" if header else "the file is empty"
        raise DataError(f"{name}: line 1: must be {','.join(HEADER)!r}; {got}")
    overrides = tuple(_override(fields, where) for where, fields in lines)
    _refuse_contradictions(overrides)
    return overrides


def _records(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    # Spreadsheets begin a CSV with a byte order mark, and end it with rows of commas.
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True, strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield f"{name}: line {reader.line_num}", fields
    except csv.Error as error:
        raise DataError(f"{name}: line {reader.line_num}: is not CSV ({error})") from None


def _override(fields: list[str], where: str) -> Override:
    if len(fields) > len(HEADER):
        raise DataError(
            f"{where}: has {len(fields)} fields, not {len(HEADER)}; put a name or note that holds a comma in quotes"
        )
    decision, first, second, note = (*fields, "", "", "")[: len(HEADER)]
    if decision.strip() not in get_args(Decision):
        raise DataError(f"{where}: decision: must be one of {', '.join(get_args(Decision))}, got {decision!r}")
    found = Override(cast(Decision, decision.strip()), first, second, note.strip(), where)
    _check_names(found)
    return found


def _check_names(line: Override) -> None:
    if not line.first:
        raise DataError(f"{line.where}: first: is empty; name an image by its path or image_id")
    if line.decision == "keep" and line.second:
        raise DataError(f"{line.where}: second: must be empty for keep, got {line.second!r}")
    if line.decision != "keep" and not line.second:
        raise DataError(f"{line.where}: second: is empty; {line.decision} needs two images")
    if line.first == line.second:
        raise DataError(f"{line.where}: names the same image twice: {line.first!r}")


def _refuse_contradictions(overrides: Iterable[Override]) -> None:
    said: dict[frozenset[str], Override] = {}
    for line in overrides:
        if line.decision != "keep":
            _agree(said.setdefault(frozenset((line.first, line.second)), line), line)


def _agree(earlier: Override, line: Override) -> None:
    if earlier.decision != line.decision:
        raise DataError(
            f"{line.where}: says {line.decision}, and {earlier.where.rpartition(': ')[2]} says {earlier.decision} of the same two images: "
            f"{line.first!r}, {line.second!r}; delete one of the lines"
        )


def resolve(overrides: Sequence[Override], pictures: pd.DataFrame) -> Decisions:
    """Find the images that the lines name.

    Args:
        overrides: from :func:`parse`.
        pictures: columns image_id and path; several paths may share an image_id.

    Raises:
        DataError: two lines contradict each other under different names for the same images.
    """
    register = _Register(pictures)
    said: dict[Pair, Override] = {}
    keep: set[int] = set()
    unmatched: list[str] = []
    for line in overrides:
        rows, problems = register.find(line)
        if problems:
            unmatched.append(f"{line.where}: {'; '.join(problems)}")
        elif line.decision == "keep":
            keep.update(rows)
        elif len(rows) == 2:
            _agree(said.setdefault((rows[0], rows[1]), line), line)
    same, different = (frozenset(p for p, line in said.items() if line.decision == d) for d in ("same", "different"))
    paths = frozenset(line.first for line in overrides if line.decision == "keep" and line.first in register.paths)
    return Decisions(same, different, frozenset(keep), paths, tuple(unmatched))


class _Register:
    """Names of images and the rows that they stand for."""

    def __init__(self, pictures: pd.DataFrame) -> None:
        ids, rows = np.unique(pictures["image_id"].to_numpy(dtype=str), return_inverse=True)
        self.ids: list[str] = ids.tolist()
        self.paths: dict[str, int] = dict(zip(pictures["path"].astype(str), rows.tolist(), strict=True))

    def find(self, line: Override) -> tuple[list[int], list[str]]:
        """Return the distinct rows that a line names, in order, and what is wrong with it."""
        names = [line.first] if line.decision == "keep" else [line.first, line.second]
        found = [self._rows(name) for name in names]
        problems = [_problem(name, rows) for name, rows in zip(names, found, strict=True) if len(rows) != 1]
        rows = sorted({rows[0] for rows in found if len(rows) == 1})
        if line.decision == "different" and len(rows) == 1 and not problems:
            problems = ["both names are one file, byte for byte; there is nothing to tell apart"]
        return rows, problems

    def _rows(self, name: str) -> range:
        """Return the row of a path, or the rows of all ids that begin so."""
        if name in self.paths:
            return range(self.paths[name], self.paths[name] + 1)
        if not LEAST_DIGITS <= len(name) <= DIGITS or set(name) - set("0123456789abcdef"):
            return range(0)
        return range(bisect_left(self.ids, name), bisect_left(self.ids, name + "g"))


def _problem(name: str, rows: range) -> str:
    if rows:
        return f"{name!r} is the beginning of {len(rows)} image ids; write more digits"
    return f"no image is called {name!r}"


def apply(pairs: Pairs, decisions: Decisions, count: int) -> Pairs:
    """Return the pairs with what was decided: ``same`` pairs are there, with their distance or 0, and ``different`` ones are not.

    Args:
        pairs: rows below ``count``; see :class:`datatools.dedup.search.Pairs`.
        count: number of distinct images.
    """
    keys = pairs.first * count + pairs.second
    stays = ~np.isin(keys, _keys(decisions.different, count))
    same = _keys(decisions.same, count)
    added = same[~np.isin(same, keys)]
    keys = np.concatenate((keys[stays], added))
    distance = np.concatenate((pairs.distance[stays], np.zeros_like(added)))
    order = np.argsort(keys)
    return Pairs(*np.divmod(keys[order], max(count, 1)), distance[order])


def _keys(pairs: frozenset[Pair], count: int) -> Indices:
    return np.array(sorted(low * count + high for low, high in pairs), dtype=np.int64)


def outrank(rank: Indices, files: pd.DataFrame, decisions: Decisions) -> Indices:
    """Return the ranks with the files to keep before all others, each group in its former order.

    Args:
        rank: a permutation of ``range(len(files))``; 0 is best.
        files: columns image_id and path, one row per file; the same images as :func:`resolve` was given.
    """
    rows = np.unique(files["image_id"].to_numpy(dtype=str), return_inverse=True)[1]
    kept = np.isin(rows, list(decisions.keep))
    named = files["path"].isin(list(decisions.keep_paths)).to_numpy()
    order = np.lexsort((rank, ~named, ~kept))
    ranks = np.empty_like(rank)
    ranks[order] = np.arange(len(rank))
    return ranks
