"""Command: denoise new images the way the data set was, before a model trained on it sees them.

``python -m pipelines.clean new/ --out ready/`` does to each image what the stage ``denoise`` did when it ran last: a noisy one is
written as PNG, every other file is copied as it is. It changes nothing else.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from datatools import images, parallel
from datatools.denoise.estimate import estimate
from datatools.denoise.methods import denoise
from datatools.errors import DataError, ImageError
from datatools.settings import parse
from pipelines.denoise import DenoiseSettings
from pipelines.stage import DATA, guarded, read_json

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".jp2"}
CHANGED, COPIED = "denoised", "copied"


def main(arguments: Sequence[str] | None = None) -> None:
    """Clean every file; exit code 1 where one cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.clean", description="Denoise new images as the data set was denoised."
    )
    parser.add_argument("sources", nargs="+", type=Path, help="images, or folders of images")
    parser.add_argument("--out", required=True, type=Path, help="the folder to fill; it must be new or empty")
    given = parser.parse_args(arguments)
    guarded("clean", lambda: execute(given.sources, given.out))


def execute(sources: Sequence[Path], out: Path) -> None:
    """Fill the folder and print what was done.

    Raises:
        DataError: a source that does not exist, no image, two files of one name, or a folder that is not empty.
    """
    settings = parse(DenoiseSettings, read_json(DATA / "denoise" / "settings.json"), "denoise: settings.json: ")
    if out.is_dir() and any(out.iterdir()):
        raise DataError(f"{out}: is not empty; name a new folder")
    jobs = list(_places(sources).items())
    done = Counter(parallel.each(partial(_clean, settings=settings, out=out), jobs, "cleaning"))
    refused = len(jobs) - done[CHANGED] - done[COPIED]
    print(f"clean: {done[CHANGED]} of {len(jobs)} images denoised, {done[COPIED]} copied as they are; {out}")
    if refused:
        for text in sorted(set(done) - {CHANGED, COPIED}):
            print(text, file=sys.stderr)
        sys.exit(1)


def _places(sources: Sequence[Path]) -> dict[str, Path]:
    """Return where each file goes: its path within the folder that was named."""
    found: dict[str, Path] = {}
    for source in sources:
        if not source.exists():
            raise DataError(f"{source}: does not exist")
        inside = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        for path in inside if source.is_dir() else [source]:
            name = path.relative_to(source).as_posix() if source.is_dir() else path.name
            if name in found:
                raise DataError(f"{path}: would take the place of {found[name]} ({name}); clean them into two folders")
            found[name] = path
    if not found:
        raise DataError(f"{', '.join(map(str, sources))}: no image here")
    return found


def _clean(job: tuple[str, Path], settings: DenoiseSettings, out: Path) -> str:
    """Write one file and return what was done, or why it could not be read."""
    name, path = job
    try:
        before = images.native(path)
        noise = estimate(before)
        steps = settings.method.steps(settings.gate.kinds(noise)) if settings.action == "denoise" else ()
        after = denoise(before, noise, steps)
    except ImageError as error:
        return str(error)
    if (after == before).all():
        images.write_bytes(out / name, path.read_bytes())
        return COPIED
    images.write_bytes(out / f"{name}.png", images.encode_png(after))
    return CHANGED


if __name__ == "__main__":
    main()
