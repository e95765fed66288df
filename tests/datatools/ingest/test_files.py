import hashlib
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

from datatools.errors import ImageError
from datatools.ingest import files
from datatools.ingest.files import identify, read, states, walk
from datatools.ingest.reasons import ABOUT

LIMIT = 10_000
SPECIAL = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")


def found(raw: Path) -> dict[str, str | None]:
    return {item.file.encode("utf-8", "backslashreplace").decode(): item.refused for item in walk(raw)}


def test_walk_is_sorted_skips_the_hidden_and_refuses_links_that_leave(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    for name in ["b/2.png", "a/1 ü.png", ".hidden/3.png", "a/.DS_Store"]:
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (raw / "out.png").symlink_to(tmp_path / "secret.png")
    (raw / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (raw / "in.png").symlink_to(raw / "b/2.png")
    (raw / "linked").symlink_to(raw / "b")
    (raw / "loop.png").symlink_to(raw / "pool.png")
    (raw / "pool.png").symlink_to(raw / "loop.png")
    seen = found(raw)
    assert list(seen) == ["gone.png", "in.png", "linked", "loop.png", "out.png", "pool.png", "a/1 ü.png", "b/2.png"]
    assert {name: reason for name, reason in seen.items() if reason} == {
        "gone.png": "broken_link",
        "linked": "linked_folder",
        "loop.png": "broken_link",
        "out.png": "outside",
        "pool.png": "broken_link",
    }
    assert {reason for reason in seen.values() if reason} <= ABOUT.keys()


def test_names_that_a_table_can_hold_are_good_however_odd(tmp_path: Path) -> None:
    good = ["a b.png", "line\nbreak.png", "ü😀.png", "'\"$(x);.png", "n" * 251 + ".png", "x.jpg/inside.png"]
    for name in good:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert found(tmp_path) == dict.fromkeys(good)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
def test_names_that_no_table_can_hold_are_refused_in_folders_too(tmp_path: Path) -> None:
    for name in [b"caf\xe9.png", b"back\\slash.png", b"fol\\der/inside.png"]:
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    expected = ["back\\slash.png", "caf\\udce9.png", "fol\\der/inside.png"]
    assert found(tmp_path) == dict.fromkeys(expected, "odd_name")


@SPECIAL
def test_what_has_no_content_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)  # a socket's path must be short
        server.bind("socket.jpg")
        assert found(tmp_path) == dict.fromkeys(["link.jpg", "pipe.jpg", "socket.jpg"], "special_file")
    with pytest.raises(ImageError) as caught:  # what became a pipe after the walk does not hang either
        read(str(tmp_path / "pipe.jpg"), LIMIT)
    assert caught.value.reason == "special_file"


def _as_nobody(folder: str, answers: "multiprocessing.queues.Queue[object]") -> None:
    os.setuid(65534)
    try:
        read(f"{folder}/locked.jpg", LIMIT)
    except ImageError as error:
        answers.put((error.reason, [(item.file, item.refused) for item in walk(Path(folder))]))


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs a user to become another")
def test_what_this_user_may_not_read_is_said() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Path(folder, "locked.jpg").write_bytes(b"x")
        Path(folder, "locked.jpg").chmod(0)
        Path(folder, "shut").mkdir(mode=0o700)
        context = multiprocessing.get_context("fork")
        answers = context.Queue()
        process = context.Process(target=_as_nobody, args=(folder, answers))
        process.start()
        assert answers.get(timeout=20) == ("no_permission", [("locked.jpg", None), ("shut", "no_permission")])
        process.join()


def test_identity_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert identify(str(tmp_path / "a"), LIMIT) == hashlib.sha256(b"abc").hexdigest()
    assert identify(str(tmp_path / "absent"), LIMIT) == ""


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        read(str(tmp_path / "removed between walk and read.jpg"), LIMIT)
    assert caught.value.reason == "missing"
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "reason"), [(b"\0\0\0\x20ftypisom", "not_an_image"), (b"\xff\xd8\xff", "too_large")], ids=["video", "jpeg"]
)
def test_a_huge_file_is_judged_by_its_beginning(head: bytes, reason: str, tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as stream:
        stream.write(head)
        stream.truncate(files.OVERHEAD + 8 * LIMIT + 1)  # sparse: takes no room
    with pytest.raises(ImageError) as caught:
        read(str(tmp_path / "a.jpg"), LIMIT)
    assert caught.value.reason == reason


def test_a_state_changes_with_the_file_and_is_not_trusted_while_it_is_fresh(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    assert states([str(path), str(tmp_path / "absent")]) == ["", ""]
    time.sleep(files.SETTLED / 1e9 + 0.1)
    first = states([str(path)])
    assert first != [""]
    assert states([str(path)]) == first
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # what restores the old time is noticed all the same
    assert states([str(path)]) != first
