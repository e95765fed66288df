"""What is known of each file, from the store where it is there: a file that did not change is neither read nor decoded again.

Two shelves: from a file's outer state (see :func:`datatools.ingest.files.states`) to its image_id, and from the image_id to the record of
:func:`datatools.ingest.inspect.inspect`. The first is a shortcut to the second, so a file that was touched, moved or copied is
read and hashed, and not decoded.
"""

import json
import time
from collections.abc import Iterator, Sequence
from functools import partial

from datatools import cache, closure, images, parallel
from datatools.cache import Codec, Shelf, Store
from datatools.ingest import files
from datatools.ingest.inspect import FINGERPRINT, Record, look, look_again

USED = ""  # the entry that says that a shelf has been filled once

Row = tuple[int, str, Record]


def _pack(record: Record) -> bytes:
    head = json.dumps({key: value for key, value in record.items() if key != FINGERPRINT}, sort_keys=True).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, record.get(FINGERPRINT, b"")))


def _unpack(data: bytes) -> Record:
    end = 4 + int.from_bytes(data[:4], "big")
    record: Record = json.loads(data[4:end])
    return {**record, FINGERPRINT: data[end:]} if end < len(data) else record


# The fingerprint stands beside the JSON: of 100,000 images it is 115 MB, which as text would be twice as much.
RECORD: Codec[Record] = Codec(_pack, _unpack)


def records(paths: Sequence[str], store: Store, max_pixels: int) -> Iterator[Row]:
    """Yield each file's number, image_id ("" where it cannot be opened) and record, in no particular order."""
    libraries = ("numpy", "opencv-python-headless", "pillow")
    code = closure.digest("datatools.ingest.inspect", *libraries) + images.heif_reader()
    shelf = store.shelf("inspect, packed", str(max_pixels), code)
    identities = store.shelf("identity", "", "1")
    states = files.states(paths)
    known = identities.get(state for state in states if state)
    ids = {row: known[state].hex() for row, state in enumerate(states) if state in known}
    unknown = [row for row in range(len(paths)) if row not in ids]
    if not shelf.get([USED]):
        # Nothing is in the store: hash and decode what is read once.
        yield from _new(unknown, paths, states, identities, shelf, max_pixels)
        shelf.put({USED: b"1"})
    else:
        found = parallel.in_threads(partial(files.identify, max_pixels=max_pixels), [paths[row] for row in unknown])
        _remember(identities, {row: image_id for row, image_id in zip(unknown, found, strict=True) if image_id}, states)
        ids.update(zip(unknown, found, strict=True))
    yield from _stored(ids, paths, shelf, max_pixels)


def _stored(ids: dict[int, str], paths: Sequence[str], shelf: Shelf, max_pixels: int) -> Iterator[Row]:
    """Take records from the shelf and complete it. What could not be opened is looked at again in every run."""
    again = partial(look_again, max_pixels=max_pixels)
    rows = [row for row, image_id in ids.items() if image_id]
    names = [ids[row] for row in rows]
    items = [(paths[row], ids[row]) for row in rows]
    for row, record in zip(rows, cache.compute(again, items, names, shelf, RECORD, "inspecting"), strict=True):
        yield row, ids[row], record if record.get("opened", True) else again((paths[row], ids[row]))
    for row, image_id in ids.items():
        if not image_id:
            yield row, "", again((paths[row], ""))


def _new(
    rows: Sequence[int], paths: Sequence[str], states: Sequence[str], identities: Shelf, shelf: Shelf, max_pixels: int
) -> Iterator[Row]:
    pending: dict[int, tuple[str, bytes]] = {}
    last = time.monotonic()
    looked = parallel.stream(partial(look, max_pixels=max_pixels), [paths[row] for row in rows], "inspecting")
    try:
        for row, record in zip(rows, looked, strict=True):
            image_id = record.pop("image_id")
            if image_id:
                pending[row] = (image_id, RECORD.encode(record))
            yield row, image_id, record
            if time.monotonic() - last > cache.SAVE_EVERY:
                _save(pending, states, identities, shelf)
                pending, last = {}, time.monotonic()
    finally:
        _save(pending, states, identities, shelf)


def _save(pending: dict[int, tuple[str, bytes]], states: Sequence[str], identities: Shelf, shelf: Shelf) -> None:
    if pending:
        shelf.put(dict(pending.values()))
        _remember(identities, {row: image_id for row, (image_id, _) in pending.items()}, states)


def _remember(identities: Shelf, ids: dict[int, str], states: Sequence[str]) -> None:
    certain = {states[row]: bytes.fromhex(image_id) for row, image_id in ids.items() if states[row]}
    if certain:
        identities.put(certain)
