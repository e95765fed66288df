"""The files below a folder: which there are, which must not be opened, and their bytes."""

import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datatools import images
from datatools.errors import ImageError
from datatools.ingest import content

LARGE = 32 << 20  # bytes; from here on the beginning of a file is looked at before the rest is read
BYTES_PER_PIXEL = 8  # 16 bits in four channels; no format that is read needs more
OVERHEAD = 64 << 20  # bytes for previews and metadata
# Opening a FIFO would wait for its other end for ever; between the walk and the reading a file may have become one.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
SETTLED = 2_000_000_000  # nanoseconds: FAT keeps times in steps of 2 s


@dataclass(frozen=True, slots=True)
class Found:
    """A file below the raw folder: its path there (POSIX) and, where it must not be read, why."""

    file: str
    refused: str | None = None


def walk(raw: Path) -> Iterator[Found]:
    """Yield every file below ``raw`` in sorted order; hidden files and folders are not data.

    A symbolic link to a file is followed when it ends inside ``raw``; one that leads out or nowhere, and any link to a folder, is
    refused. So is a pipe, socket or device, a name that no table can hold, and a folder that cannot be listed.
    """
    root = os.path.realpath(raw)
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(Path(raw, folder)) as listed:
                entries = sorted((entry for entry in listed if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError:
            yield Found(folder, "no_permission")
            continue
        prefix = f"{folder}/" if folder else ""
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield Found(prefix + entry.name, _refused(entry, prefix + entry.name, root))
        below = [prefix + entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        waiting += reversed(below)


def read(path: str, max_pixels: int) -> bytes:
    """Return the bytes of a file.

    Raises:
        ImageError: ``missing``, ``no_permission``, ``special_file``, ``unreadable``, or what the beginning of a large file shows:
            ``not_an_image``, ``unsupported_format``, ``too_large``.
    """
    try:
        with open(os.open(path, FLAGS), "rb", buffering=0) as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ImageError("special_file", "is a pipe, a socket or a device")
            if found.st_size > LARGE:
                _check_large(stream.read(content.HEAD) or b"", found.st_size, max_pixels)
                stream.seek(0)
            return stream.readall()
    except OSError as error:
        raise _unopened(error) from None


def identify(path: str, max_pixels: int) -> str:
    """Return the image_id of a file, SHA-256 of its bytes; "" where :func:`read` raises."""
    try:
        return images.sha256(read(path, max_pixels))
    except ImageError:
        return ""


def states(paths: Sequence[str]) -> list[str]:
    """Return what tells a file from a changed one without reading it; "" where that is not certain.

    As git's index and DVC do: name, size, times and inode. A file that changes within the clock's step after it was read keeps
    them all (git calls that racily clean), so they are trusted only where the last change lies two seconds back. The inode's own
    time is among them because copying and unpacking set the other one as they like.
    """
    latest = time.time_ns() - SETTLED
    return [_state(path, latest) for path in paths]


def _state(path: str, latest: int) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116 (a Path for each of many files would take longer than the call)
    except OSError:
        return ""
    if max(found.st_mtime_ns, found.st_ctime_ns) > latest:
        return ""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {path}"


def _refused(entry: os.DirEntry[str], file: str, root: str) -> str | None:
    wrong = _refused_link(entry.path, root) if entry.is_symlink() else None
    if not wrong and not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
        wrong = "special_file"
    return wrong or ("odd_name" if _odd(file) else None)


def _refused_link(path: str, root: str) -> str | None:
    try:
        target = Path(path).resolve(strict=True)
    except (OSError, RuntimeError):
        return "broken_link"
    if target.is_dir():
        return "linked_folder"
    if not target.is_relative_to(root):
        return "outside"
    return None if target.is_file() else "special_file"


def _odd(file: str) -> bool:
    if "\\" in file:
        return True
    try:
        return not file.isascii() and not file.encode("utf-8")
    except UnicodeEncodeError:
        return True


def _check_large(head: bytes, size: int, max_pixels: int) -> None:
    seen = content.seems(head)
    if seen:
        raise ImageError(seen.reason, seen.text)
    if size > BYTES_PER_PIXEL * max_pixels + OVERHEAD:
        raise ImageError(
            "too_large", f"has {size} bytes, more than any image of {max_pixels} pixels (max_pixels) needs"
        )


def _unopened(error: OSError) -> ImageError:
    if isinstance(error, PermissionError):
        return ImageError("no_permission", "may not be read by this user")
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return ImageError("missing" if gone else "unreadable", f"cannot be read ({error.strerror})")
