"""How well the strength of noise is found, and what finding and removing it costs. Lines of :mod:`benchmarks.denoise`."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import cleaning, noises, peers, photos
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images, parallel
from datatools.denoise import cleaned
from datatools.denoise import estimate as estimates
from datatools.denoise.estimate import Noise, estimate
from datatools.denoise.levels import Levels
from datatools.denoise.methods import Job
from datatools.parallel import Execution

PHOTOS, QUICK_PHOTOS = 100, 40
SIGMAS = (0, 5, 10, 25, 50)
STRENGTH = 25  # grey levels, of what is timed
FILES, QUICK_FILES = 120, 32  # of 400 x 470 pixels
REPEATS, RUNS = 2, 3  # each file so often in one run
BIG = 5  # photos of 4 to 22 megapixels


class Times(NamedTuple):
    """Seconds on the clock: for all items, and for each once the workers run."""

    whole: float
    steady: float


def lines(quick: bool) -> Iterator[Line]:
    """Yield the lines."""
    yield from accuracy(QUICK_PHOTOS if quick else PHOTOS)
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        folder = Path(name)
        small = photos.small(folder / "small", QUICK_FILES if quick else FILES)
        big = [] if quick else photos.big(folder / "big", BIG)
        sizes = {"128 x 160": noises.some(PHOTOS, 37), "400 x 470": small[:QUICK_FILES], "4 to 22 megapixels": big}
        for size, files in sizes.items():
            yield from cost(size, files)
        if not quick:
            yield from scaling(folder, small)
            yield from memory(folder, big)


def accuracy(count: int) -> Iterator[Line]:
    """Yield how far estimates are from the noise that was added, beside scikit-image's."""
    clean = [images.native(path) for path in noises.some(count, len(photos.sources()) // count)]
    for sigma in SIGMAS:
        noisy = [noises.gaussian(image, sigma, "accuracy", n) for n, image in enumerate(clean)] if sigma else clean
        found = [estimate(image) for image in noisy]
        theirs = _theirs(noisy)
        how = "relative" if sigma else "absolute"
        what = f"estimate of sigma {sigma}, {len(clean)} photos: median {how} error; scikit-image"
        yield Line(what, _error([one.sigma for one in found], sigma), _error(theirs, sigma) if theirs else None)
        share = float(np.mean([bool(cleaning.GATE.kinds(one)) for one in found]))
        yield Line("  share above the gate", figure(share))


def cost(size: str, files: Sequence[Path]) -> Iterator[Line]:
    """Yield the CPU-seconds of the estimate beside those of reading and decoding."""
    if not files:
        return
    shown = [images.native(path) for path in files]
    finding = cleaning.rate(lambda: [estimate(image) for image in shown], shown)
    decoding = cleaning.rate(lambda: [images.native(path) for path in files], shown)
    ours, theirs = (_milliseconds(rate, shown) for rate in (finding, decoding))
    yield Line(f"estimate, photos of {size}, CPU-ms; decoding one", ours, theirs)


def scaling(folder: Path, files: Sequence[Path]) -> Iterator[Line]:
    """Yield how much faster two workers are than one with the functions of the stage, on the clock."""
    noisy = [str(path) for path in _noisy(folder / "noisy", files)] * REPEATS
    jobs = [_job(path) for path in noisy]
    for name, timed in (
        (f"denoising files of 400 x 470, sigma {STRENGTH}", [_times(cleaned.of_file, jobs) for _ in range(RUNS)]),
        ("estimating the noise of files of 400 x 470", [_times(estimates.of_file, noisy * 3) for _ in range(RUNS)]),
    ):
        steady = figure(*(one.steady / two.steady for one, two in timed))
        yield Line(f"{name}: speed-up by 2 workers, once they run", steady, goal=Goal("ours", ">=", 0.9 * 2))
        every = figure(*(one.whole / two.whole for one, two in timed))
        yield Line(f"  the same with their start, {len(noisy)} files", every)


def memory(folder: Path, files: Sequence[Path]) -> Iterator[Line]:
    """Yield the peak memory of one worker after one large photo and after several."""
    if not files or not Path("/proc/self/status").is_file():
        return
    largest = max(files, key=lambda path: path.stat().st_size)
    job = _job(str(_noisy(folder / "large", [largest])[0]))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=one_thread) as worker:
        start = worker.submit(peak).result()
        peaks = [worker.submit(denoised, job).result() for _ in range(BIG)]
    size = cleaning.megapixels([images.native(largest)])
    what = f"peak memory of a worker, photos of {size:.0f} megapixels, MB"
    yield Line(f"{what}: after {BIG}; after one", figure(peaks[-1]), figure(peaks[0]), Goal("ratio", "<=", 1.1))
    yield Line("  before any", figure(start))
    yield Line("  bytes per pixel beyond that", figure((peaks[-1] - start) / size))


def denoised(job: Job) -> float:
    """Denoise a file and return the peak memory of this process so far, MB."""
    cleaned.of_file(job)
    return peak()


def peak() -> float:
    """Return the peak resident memory of this process, MB, as Linux keeps it.

    What ``getrusage`` says is at least that of the process that started this one.
    """
    told = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("VmHWM:")) * 1024 / 1e6


def one_thread() -> None:
    """Let a worker compute with one thread, as the project's own do."""
    import cv2

    cv2.setNumThreads(1)


def _times(work: Callable[..., object], items: Sequence[Job] | Sequence[str]) -> tuple[Times, Times]:
    """Time one worker, which is this process, and two."""
    with cleaning.single_thread():
        return _time(work, items, 1), _time(work, items, 2)


def _time(work: Callable[..., object], items: Sequence[Job] | Sequence[str], workers: int) -> Times:
    started = time.perf_counter()
    ended = [time.perf_counter() for _ in parallel.stream(work, items, "", Execution(workers=workers), large=True)]
    warm = len(items) // 10
    return Times(ended[-1] - started, (ended[-1] - ended[warm]) / (len(items) - warm))


def _noisy(folder: Path, files: Sequence[Path]) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{path.stem}.png" for path in files]
    for number, (path, source) in enumerate(zip(paths, files, strict=True)):
        path.write_bytes(images.encode_png(noises.gaussian(images.read(source), STRENGTH, "files", number)))
    return paths


def _job(path: str) -> Job:
    noise: Noise = estimates.of_file(path)
    return Job(path, noise, cleaning.DEFAULT.steps(cleaning.GATE.kinds(noise)))


def _theirs(noisy: Sequence[Levels]) -> list[float] | None:
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        source = Path(name).resolve() / "images.npz"
        cleaning.save(source, {f"{number:05d}": image for number, image in enumerate(noisy)})
        found = peers.run("sigmas", source)
    return found["sigmas"] if found else None


def _error(found: Sequence[float], sigma: float) -> Figure:
    return figure(float(np.median(np.abs(np.array(found) - sigma))) / (sigma or 1.0))


def _milliseconds(rate: Figure, shown: Sequence[Levels]) -> Figure:
    each = cleaning.megapixels(shown) / len(shown)
    return figure(*(1000 * each / value for value in rate.values))
