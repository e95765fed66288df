"""Command: denoise new images the way the data set was, before a model trained on it sees them.

``python -m pipelines.clean new/ --out ready/`` does to each image what the stage ``denoise`` did when it ran last: a noisy one is
written as PNG, every other file is copied as it is. It changes nothing else.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from datatools import images, parallel
from datatools.denoise.clean import clean
from datatools.denoise.settings import DenoiseSettings
from datatools.errors import DataError, ImageError
from datatools.settings import parse
from pipelines.stage import DATA, guarded, read_json

ENDING = ".png"  # behind the whole name of a denoised file: photo.jpg becomes photo.jpg.png


class Done(NamedTuple):
    """What became of a file: whether it changed, or why it could not be read."""

    changed: bool = False
    reason: str = ""
    detail: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Clean every file; exit code 1 where an image cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.clean", description="Denoise new images as the data set was denoised."
    )
    parser.add_argument("sources", nargs="+", type=Path, help="images, or folders of images")
    parser.add_argument("--out", required=True, type=Path, help="the folder to make; it must be new or empty")
    given = parser.parse_args(arguments)
    guarded("clean", lambda: execute(given.sources, given.out))


def execute(sources: Sequence[Path], out: Path) -> None:
    """Make the folder, whole or not at all, and print what was done.

    Raises:
        DataError: a source that does not exist, no file, two files for one place, or a folder that cannot be made or is not empty.
    """
    settings = parse(DenoiseSettings, read_json(DATA / "denoise" / "settings.json"), "denoise: settings.json: ")
    limit = int(read_json(DATA / "ingest" / "settings.json")["max_pixels"])
    _check(sources, out)
    jobs = list(_places(sources).items())
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        work = partial(_clean, settings=settings, max_pixels=limit, out=beside)
        done = list(parallel.stream(work, jobs, "cleaning", large=True))
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir(exist_ok=True)
        beside.replace(out)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror})") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _tell(jobs, done, settings, out)


def _check(sources: Sequence[Path], out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise DataError(f"{out}: is a file; name a new folder")
    if out.is_dir() and any(out.iterdir()):
        raise DataError(f"{out}: is not empty; name a new folder")
    for source in sources:
        if not source.exists():
            raise DataError(f"{source}: does not exist")
        if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
            raise DataError(f"{out}: lies in {source}, from which it is to be filled; name a folder elsewhere")


def _places(sources: Sequence[Path]) -> dict[str, Path]:
    """Return where each file goes: its path within the folder that was named. What a file is, its content says."""
    found: dict[str, Path] = {}
    for source in sources:
        for path in _inside(source) if source.is_dir() else [source]:
            name = path.relative_to(source).as_posix() if source.is_dir() else path.name
            if name in found:
                raise DataError(f"{path}: would take the place of {found[name]} ({name}); clean them into two folders")
            found[name] = path
    for name, path in found.items():
        if name + ENDING in found:
            raise DataError(f"{path}: denoised, would take the place of {found[name + ENDING]}; rename one of them")
    if not found:
        raise DataError(f"{', '.join(map(str, sources))}: no file here")
    return found


def _inside(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _clean(job: tuple[str, Path], settings: DenoiseSettings, max_pixels: int, out: Path) -> Done:
    """Write one file."""
    name, path = job
    try:
        before = images.native(path, max_pixels)
    except ImageError as error:
        return Done(reason=error.reason, detail=str(error))
    after = clean(before, settings)
    changed = bool((after != before).any())
    images.write_bytes(
        out / f"{name}{ENDING if changed else ''}", images.encode_png(after) if changed else path.read_bytes()
    )
    return Done(changed)


def _tell(jobs: Sequence[tuple[str, Path]], done: Sequence[Done], settings: DenoiseSettings, out: Path) -> None:
    changed = sum(one.changed for one in done)
    copied = sum(not one.changed and not one.reason for one in done)
    why = (
        "" if settings.action == "denoise" else f" (the data set was not denoised: denoise.action is {settings.action})"
    )
    print(f"clean: {changed} of {changed + copied} images denoised, {copied} copied as they are{why}; {out}")
    others = [str(path) for (_, path), one in zip(jobs, done, strict=True) if one.reason == "not_an_image"]
    if others:
        print(f"  {len(others)} left out that {'is' if len(others) == 1 else 'are'} no image: such as {others[0]}")
    refused = [one.detail for one in done if one.reason and one.reason != "not_an_image"]
    for detail in refused:
        print(f"clean: {detail}", file=sys.stderr)
    if refused:
        sys.exit(1)


if __name__ == "__main__":
    main()
