"""Reading, hashing and judging images, and the stages that do it: beside imagededup, imagehash and cleanvision.

The photos are made from those beside the project (see :mod:`benchmarks.photos`). Pools of processes are started before they are timed, but
imagededup's and imagehash's, which fork in some milliseconds. The full run takes about a quarter of an hour on 2 cores.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks import folders, peers, photos, table
from benchmarks.table import Goal, Line, figure
from datatools import fingerprints, parallel
from datatools.ingest.inspect import look

RUNS, PROCESSES = 3, 2
RIVALS = ("hashing_imagededup", "hashing_imagehash")
LIMIT = 100_000_000  # pixels
LEAST_SECONDS = 1.0  # of a measurement of ours

Work = Callable[[str], object]


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    if not photos.sources():
        print(f"hashing: left out; {photos.CLOTHING} is not there")
        return []
    lines: list[Line] = []
    photos.STORE.mkdir(exist_ok=True)
    runs = 1 if quick else RUNS
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        small = photos.small(Path(folder) / "small", 60 if quick else 1000)
        lines += speed(f"{len(small)} photos of 400 x 470", small, 0.8, RIVALS[: 1 if quick else 2], runs)
        lines += quality(small[: 40 if quick else 300], runs)
        big = photos.big(Path(folder) / "big", 4 if quick else 20)
        lines += speed(f"{len(big)} photos of 4 to 22 megapixels", big, 0.9, RIVALS[: 0 if quick else 2], runs)
        reading = {"400 x 470": small, "4 to 22 megapixels": big}
        sizes = {name: folders.read_and_hash(files) / len(files) for name, files in reading.items()}
    return [*lines, *folders.lines(quick, sizes)]


def speed(what: str, files: Sequence[Path], share: float, scripts: Sequence[str], runs: int) -> Iterator[Line]:
    """Measure hashing beside decoding alone, and beside the peers."""
    folder = files[0].parent.resolve()
    ours, decoding, rivals = [], [], dict[str, list[float]]()
    with processes() as pool:
        repeats = _repeats(pool, files)
        for _ in range(runs):
            ours.append(_rate(pool, hashed, files, repeats))
            decoding.append(_rate(pool, decoded, files, repeats))
            for script in scripts:
                found = peers.run(script, folder)
                if found:
                    rivals.setdefault(script, []).append(len(files) / found["seconds"])
    mine = figure(*ours)
    line = f"pHash and dHash in all orientations, {what}, {PROCESSES} processes, images/s"
    yield Line(f"{line}; decoding alone at the same scale", mine, figure(*decoding), Goal("ratio", ">=", share))
    for script, goal in zip(scripts, (Goal("ratio", ">=", 5), None), strict=False):
        peer = figure(*rivals[script]) if script in rivals else None
        yield Line(f"{line}; {script.removeprefix('hashing_')} (upright only)", mine, peer, goal)


def quality(files: Sequence[Path], runs: int) -> Iterator[Line]:
    """Measure everything that ingest learns from a file, and cleanvision's checks of the same files."""
    ours, rival = [], []
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    with copied(files) as folder:
        for _ in range(runs):
            ours.append(len(files) / _cpu_seconds(files))
            found = peers.run("hashing_cleanvision", folder)
            if found and not found["died"]:
                rival.append(found["images"] / found["seconds"])
    cv2.setNumThreads(threads)
    what = f"quality scores and hashes in one pass, {len(files)} photos of 400 x 470, read too, images per CPU-s; cleanvision, all checks"
    yield Line(what, figure(*ours), figure(*rival) if rival else None, Goal("ours", ">=", 300))


def hashed(path: str) -> None:
    """Read and hash a file as cheaply as the project can."""
    fingerprints.of_bytes(Path(path).read_bytes(), path)


def decoded(path: str) -> None:
    """Read a file and decode it to an array at the scale at which it is hashed."""
    picture = Image.open(BytesIO(Path(path).read_bytes()), formats=("JPEG",))
    picture.draft("L", (fingerprints.SIDE, fingerprints.SIDE))
    np.asarray(picture)


@contextmanager
def processes() -> Iterator[Any]:
    """Give a pool of processes, one thread each as in the project's own."""
    os.environ.update(parallel.SINGLE_THREAD)
    with multiprocessing.get_context("spawn").Pool(PROCESSES, cv2.setNumThreads, (1,)) as pool:
        yield pool


@contextmanager
def copied(files: Sequence[Path]) -> Iterator[Path]:
    """Give a folder with these files alone."""
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        for file in files:
            (Path(folder) / file.name).hardlink_to(file)
        yield Path(folder).resolve()


def _repeats(pool: Any, files: Sequence[Path]) -> int:
    """Return how often the files have to be gone through for a measurement that lasts; this warms the pool, too."""
    for work in (hashed, decoded):
        _rate(pool, work, files, 1)
    return max(1, round(LEAST_SECONDS * _rate(pool, hashed, files, 1) / len(files)))


def _rate(pool: Any, work: Work, files: Sequence[Path], repeats: int) -> float:
    """Return files per second."""
    paths = [str(file) for file in files] * repeats
    started = time.perf_counter()
    for _ in pool.imap(work, paths, max(1, min(100, len(paths) // (4 * PROCESSES)))):
        pass
    return len(paths) / (time.perf_counter() - started)


def _cpu_seconds(files: Sequence[Path]) -> float:
    inspected = partial(look, max_pixels=LIMIT)
    started = time.process_time()
    for file in files:
        inspected(str(file))
    return time.process_time() - started


if __name__ == "__main__":
    table.main("hashing", measure, ("numpy", "opencv-python-headless", "pillow", "numba", "pandas"))
