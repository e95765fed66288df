import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datatools.cache import Store
from datatools.ingest import files, inspect
from datatools.ingest.records import RECORD, records

LIMIT = 10_000
Seen = dict[str, tuple[str, str | None]]


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five pictures and a web page, long enough ago for their times to be trusted."""
    monkeypatch.setattr(files, "SETTLED", -1)
    for name in "abcde":
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "page.png").write_bytes(b"<html>")
    return tmp_path


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What is read and what is decoded, in fact done and written down."""
    done: dict[str, list[str]] = {"read": [], "decoded": []}
    read, inspected = files.read, inspect.inspect

    def noted(path: str, max_pixels: int) -> bytes:
        done["read"].append(Path(path).name)
        return read(path, max_pixels)

    def counted(data: bytes, max_pixels: int) -> inspect.Record:
        done["decoded"].append("x")
        return inspected(data, max_pixels)

    monkeypatch.setattr(files, "read", noted)
    monkeypatch.setattr(inspect, "inspect", counted)
    return done


def seen(folder: Path, store: Store) -> Seen:
    paths = sorted(str(path) for path in folder.glob("*.png"))
    rows = {row: (image_id, record.get("reason")) for row, image_id, record in records(paths, store, LIMIT)}
    assert sorted(rows) == list(range(len(paths)))
    return {Path(path).name: rows[row] for row, path in enumerate(paths)}


def test_the_first_run_reads_each_file_once_and_the_second_none(folder: Path, work: dict[str, list[str]]) -> None:
    store = Store(folder / "store")
    first = seen(folder, store)
    assert sorted(work["read"]) == sorted(first)
    assert len(work["decoded"]) == 6
    assert first["page.png"][1] == "not_an_image"
    for done in work.values():
        done.clear()
    assert seen(folder, store) == first
    assert work == {"read": [], "decoded": []}


def test_a_file_that_moved_is_read_and_not_decoded(folder: Path, work: dict[str, list[str]]) -> None:
    store = Store(folder / "store")
    first = seen(folder, store)
    (folder / "a.png").rename(folder / "z.png")
    for done in work.values():
        done.clear()
    assert seen(folder, store)["z.png"] == first["a.png"]
    assert work == {"read": ["z.png"], "decoded": []}


def test_a_changed_file_is_seen_whatever_its_time_says(folder: Path) -> None:
    store = Store(folder / "store")
    first = seen(folder, store)
    before = (folder / "a.png").stat()
    (folder / "a.png").write_bytes((folder / "b.png").read_bytes())
    os.utime(folder / "a.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    second = seen(folder, store)
    assert second["a.png"] == first["b.png"]
    assert {**second, "a.png": None} == {**first, "a.png": None}


def test_what_cannot_be_opened_is_looked_at_again(folder: Path) -> None:
    store = Store(folder / "store")
    paths = [str(folder / "a.png"), str(folder / "later.png")]
    assert {row: record.get("reason") for row, _, record in records(paths, store, LIMIT)} == {0: None, 1: "missing"}
    (folder / "b.png").rename(folder / "later.png")
    assert {row: record.get("reason") for row, _, record in records(paths, store, LIMIT)} == {0: None, 1: None}


def test_without_the_store_the_same_comes_out(folder: Path) -> None:
    store = Store(folder / "store")
    first = seen(folder, store)
    for path in store.path.parent.iterdir():
        path.unlink()
    assert seen(folder, store) == first


def test_a_fresh_file_is_read_again_since_its_time_proves_nothing(
    folder: Path, work: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SETTLED", 3_600 * 10**9)
    store = Store(folder / "store")
    first = seen(folder, store)
    for done in work.values():
        done.clear()
    assert seen(folder, store) == first
    assert sorted(work["read"]) == sorted(first)
    assert work["decoded"] == []


RECORDS = st.fixed_dictionaries(
    {"width": st.integers(1, 9), "camera": st.text(max_size=5), "blur": st.floats(0, 1)},
    optional={"fingerprint": st.binary(min_size=1, max_size=40)},
)


@given(RECORDS)
def test_a_record_comes_back_from_the_store_as_it_was(record: dict[str, object]) -> None:
    assert RECORD.decode(RECORD.encode(record)) == record
