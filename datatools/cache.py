"""The store of per-image results: a shortcut that changes no output.

DVC runs a stage as a whole and deletes its outputs first. What a stage computes per image is therefore also kept here, under a key made
of the image, the method, its settings and the code behind it. A killed stage that starts again continues where it stopped, and one new
image costs one image. Deleting the store is always safe; a damaged entry is noticed by its checksum and computed again.

It is one SQLite file in WAL mode. Measured against one file per entry (temporary file, fsync, rename) it is what makes small results, of
which there are several per image, cheap to keep: see docs/decisions.md.
"""

import hashlib
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from datatools import parallel
from datatools.errors import ToolkitError
from datatools.settings import Settings

Item = TypeVar("Item")
Value = TypeVar("Value")

CHECKSUM = 16  # bytes of BLAKE2b before each value
KEYS_AT_ONCE = 500  # below the 999 variables that every SQLite allows in a statement
PAGES = 32  # megabytes of the file that a session keeps in memory
SMALL, LARGE = 1024, 4  # stored values that are held at once: figures and thumbnails, or whole images
SAVE_EVERY = 1.0  # seconds of work that a kill may cost


@dataclass(frozen=True)
class Codec(Generic[Value]):
    """How a result becomes bytes and back; no pickle."""

    encode: Callable[[Value], bytes]
    decode: Callable[[bytes], Value]


def _array_to_bytes(array: NDArray[Any]) -> bytes:
    head = json.dumps([array.dtype.str, list(array.shape)]).encode()
    return len(head).to_bytes(4, "big") + head + np.ascontiguousarray(array).tobytes()


def _bytes_to_array(data: bytes) -> NDArray[Any]:
    size = int.from_bytes(data[:4], "big")
    kind, shape = json.loads(data[4 : 4 + size])
    return np.frombuffer(data, dtype=np.dtype(kind), offset=4 + size).reshape(shape)


BYTES: Codec[bytes] = Codec(bytes, bytes)
JSON: Codec[Any] = Codec(lambda value: json.dumps(value, sort_keys=True).encode(), json.loads)
ARRAY: Codec[NDArray[Any]] = Codec(_array_to_bytes, _bytes_to_array)


class Store:
    """The store in one folder; made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.sqlite"

    def shelf(self, method: str, settings: Settings | str, code: str) -> "Shelf":
        """Return the part of the store for one method.

        Args:
            method: what is computed, such as ``"phash"``.
            settings: the settings that the result depends on.
            code: digest of the code behind it, from :func:`datatools.closure.digest`.
        """
        text = settings if isinstance(settings, str) else settings.canonical()
        return Shelf(self, hashlib.sha256(repr((method, text, code)).encode()).digest()[:16])

    @contextmanager
    def session(self) -> Iterator[sqlite3.Connection]:
        """Open the file for a few statements.

        Damage ends them early, as if the entries were absent: the file is set aside and the next session begins a new one.

        Raises:
            ToolkitError: the file is locked, read-only, or the disk is full.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._opened()) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise ToolkitError(
                f"{self.path}: cannot be used ({error}); free the disk, or wait for the other run"
            ) from None
        except sqlite3.DatabaseError:
            self._set_aside()

    def _opened(self) -> sqlite3.Connection:
        try:
            return _open(self.path)
        except sqlite3.OperationalError:
            raise  # locked, read-only or full: not damage
        except sqlite3.DatabaseError:
            self._set_aside()
            return _open(self.path)

    def _set_aside(self) -> None:
        aside = self.path.with_suffix(f".damaged-{time.time_ns()}")
        self.path.replace(aside)
        for leftover in ("-wal", "-shm"):
            self.path.with_name(self.path.name + leftover).unlink(missing_ok=True)
        print(f"{self.path}: is damaged; kept as {aside.name}, results are computed again", file=sys.stderr)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60.0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost the last second, never the file
        connection.execute(f"PRAGMA cache_size=-{PAGES * 1024}")
        # With a row id, though the key is one itself: values are then appended, and only the small index is written all over.
        # Without it 100,000 entries of 1.5 kB took 480 MB instead of 220.
        connection.execute("CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL)")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


@dataclass(frozen=True)
class Shelf:
    """The entries of one method under one setting and one version of its code."""

    store: Store
    prefix: bytes

    def get(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the values that are there and whole, by name."""
        found: dict[str, bytes] = {}
        for name, stored in self._select("key, value", names):
            if _checksum(stored[1][CHECKSUM:]) == stored[1][:CHECKSUM]:
                found[name] = stored[1][CHECKSUM:]
        return found

    def missing(self, names: Iterable[str]) -> set[str]:
        """Return the names that have no value; whether the others' values are whole, only :meth:`get` knows."""
        wanted = set(names)
        return wanted - {name for name, _ in self._select("key", wanted)}

    def _select(self, columns: str, names: Iterable[str]) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        """Yield a name and its row, in the order of the keys: neighbours lie on one page of the file."""
        by_key = {self._key(name): name for name in names}
        keys = sorted(by_key)
        with self.store.session() as connection:
            for start in range(0, len(keys), KEYS_AT_ONCE):
                some = keys[start : start + KEYS_AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = connection.execute(f"SELECT {columns} FROM entries WHERE key IN ({marks})", some)  # noqa: S608 (constants)
                for row in rows:
                    yield by_key[row[0]], row

    def put(self, values: dict[str, bytes]) -> None:
        """Store values, all or none."""
        rows = [(self._key(name), _checksum(value) + value) for name, value in values.items()]
        with self.store.session() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", rows)
            connection.execute("COMMIT")

    def _key(self, name: str) -> bytes:
        return hashlib.sha256(self.prefix + name.encode()).digest()


def _checksum(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=CHECKSUM).digest()


def compute(
    function: Callable[[Item], Value],
    items: Sequence[Item],
    names: Sequence[str],
    shelf: Shelf,
    codec: Codec[Value],
    label: str,
    batch: int = SMALL,
    *,
    large: bool = False,
) -> Iterator[Value]:
    """Yield ``function(item)`` for each item in order, taking from the shelf what is there and storing the rest.

    Args:
        function: pure, importable by worker processes; see :func:`datatools.parallel.stream`.
        names: what identifies each item, usually its image_id.
        label: what the progress bar says.
        batch: how many stored values are held in memory at once.
        large: a value is a whole image: few are held at once, see :func:`datatools.parallel.stream`.
    """

    def produce(todo: Sequence[Item]) -> Iterator[Value]:
        return parallel.stream(function, todo, label, large=large)

    return complete(produce, items, names, shelf, codec, min(batch, LARGE) if large else batch)


def complete(
    produce: Callable[[Sequence[Item]], Iterator[Value]],
    items: Sequence[Item],
    names: Sequence[str],
    shelf: Shelf,
    codec: Codec[Value],
    batch: int = SMALL,
) -> Iterator[Value]:
    """Yield the value of each item in order, as :func:`compute` does, where ``produce`` makes the absent ones its own way.

    Args:
        produce: yields the values of the items that it is given, in their order.
        batch: how many stored values are held in memory at once.
    """
    absent = shelf.missing(names)
    todo = [row for row, name in enumerate(names) if name in absent]
    fresh = _saved(produce([items[row] for row in todo]), [names[row] for row in todo], shelf, codec)
    for start in range(0, len(items), batch):
        rows = range(start, min(start + batch, len(items)))
        stored = shelf.get(names[row] for row in rows if names[row] not in absent)
        # Damaged, or the store was deleted or set aside since it was looked at.
        lost = [row for row in rows if names[row] not in absent and names[row] not in stored]
        made = produce([items[row] for row in lost]) if lost else iter(())
        again = _saved(made, [names[row] for row in lost], shelf, codec)
        for row in rows:
            if names[row] in absent:
                yield next(fresh)
            elif names[row] in stored:
                yield codec.decode(stored[names[row]])
            else:
                yield next(again)
        _finish(again)
    _finish(fresh)


def _finish(results: Iterator[Value]) -> None:
    """Nothing is left in it; this lets the generator save its last batch."""
    for _ in results:
        pass


def _saved(results: Iterator[Value], names: Sequence[str], shelf: Shelf, codec: Codec[Value]) -> Iterator[Value]:
    pending: dict[str, bytes] = {}
    last = time.monotonic()
    try:
        for name, value in zip(names, results, strict=True):
            pending[name] = codec.encode(value)
            yield value
            if time.monotonic() - last > SAVE_EVERY:
                shelf.put(pending)
                pending, last = {}, time.monotonic()
    finally:
        if pending:
            shelf.put(pending)
