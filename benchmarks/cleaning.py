"""What the project's denoising and its peers make of noisy images, and how fast each is with one thread."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, get_args

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import noises, peers, photos
from benchmarks.table import Figure, figure
from datatools.denoise import methods
from datatools.denoise.auto import Auto
from datatools.denoise.estimate import Gate, Noise, estimate
from datatools.denoise.levels import Levels

RUNS, LEAST_SECONDS = 3, 0.3  # of a measurement of ours
GATE, DEFAULT = Gate(), Auto()
METHODS: tuple[methods.Step, ...] = tuple(kind() for kind in get_args(methods.Step))

Work = Callable[[Levels, Noise], Levels]


class Result(NamedTuple):
    """Images after denoising, and megapixels per CPU-second: of images, not of channels."""

    images: list[Levels]
    rate: Figure


def default(image: Levels, noise: Noise) -> Levels:
    """Return the image as the stage's default settings leave it."""
    return methods.denoise(image, noise, DEFAULT.steps(GATE.kinds(noise)))


def whole(image: Levels) -> Levels:
    """Return the same with the estimate."""
    return default(image, estimate(image))


def ours(work: Work, noisy: Sequence[Levels], runs: int = RUNS) -> Result:
    """Apply a method to images with the strength from the estimate; the estimate is not timed."""
    strengths = [estimate(image) for image in noisy]

    def clean() -> list[Levels]:
        return [work(image, noise) for image, noise in zip(noisy, strengths, strict=True)]

    return Result(clean(), rate(clean, noisy, runs))


def rate(work: Callable[[], object], images: Sequence[Levels], runs: int = RUNS) -> Figure:
    """Return the megapixels per CPU-second of something that goes through all images."""
    with single_thread():
        work()  # compiles what is not compiled yet
        repeats = max(1, round(LEAST_SECONDS / max(1e-9, _seconds(work, 1))))
        return figure(*(repeats * megapixels(images) / _seconds(work, repeats) for _ in range(runs)))


def rivals(noisy: Sequence[Levels], sigma: float | str, names: Sequence[str], runs: int = 1) -> dict[str, Result]:
    """Apply peers to images; returns nothing where there is no environment that holds them.

    Args:
        sigma: the true strength, in grey levels, or ``own`` for the estimate that comes with the peers.
    """
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        source, target = Path(name).resolve() / "noisy.npz", Path(name).resolve() / "cleaned.npz"
        save(source, {f"{number:05d}": image for number, image in enumerate(noisy)})
        seconds = peers.run("denoising", source, target, sigma, runs, *names)
        if not seconds:
            return {}
        with np.load(target) as found:
            images = {peer: [found[f"{peer}/{number:05d}"] for number in range(len(noisy))] for peer in seconds}
    size = megapixels(noisy)
    return {peer: Result(images[peer], figure(*(size / spent for spent in seconds[peer]))) for peer in seconds}


def similarity(clean: Sequence[Levels], made: dict[str, Sequence[Levels]]) -> dict[str, float]:
    """Return the mean structural similarity of each set of images with the clean ones; nothing without the peers."""
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        aims, images = Path(name).resolve() / "clean.npz", Path(name).resolve() / "images.npz"
        save(aims, {f"{number:05d}": image for number, image in enumerate(clean)})
        save(images, {f"{key}/{number:05d}": image for key, set_ in made.items() for number, image in enumerate(set_)})
        found: dict[str, float] = peers.run("similarity", aims, images) or {}
    return found


def gain(cleaned: Sequence[Levels], noisy: Sequence[Levels], clean: Sequence[Levels]) -> Figure:
    """Return the mean gain in dB over the photos, once for each draw of the noise.

    Args:
        clean: the photos; ``cleaned`` and ``noisy`` hold them once for each draw, one draw after the other.
    """
    found = np.array(noises.gains(cleaned, noisy, list(clean) * (len(noisy) // len(clean))))
    return figure(*found.reshape(-1, len(clean)).mean(axis=1))


def megapixels(images: Sequence[Levels]) -> float:
    """Return the sum of height x width, in millions."""
    return float(sum(image.shape[0] * image.shape[1] for image in images) / 1e6)


def save(path: Path, arrays: dict[str, Levels]) -> None:
    """Write arrays for another environment."""
    np.savez(path, **arrays)  # type: ignore[arg-type]


@contextmanager
def single_thread() -> Iterator[None]:
    """Let OpenCV and BLAS have one thread."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


def _seconds(work: Callable[[], object], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started
