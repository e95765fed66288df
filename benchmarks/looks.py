"""Methods that give an image the look of a reference: speed, and distance to the published formula. Lines of :mod:`benchmarks.augment`.

Peers: albumentations, which this project has; scikit-image, in the environment of the peers; and the papers' formulas written down in
numpy, one step after the other, as their authors publish them.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers, photos, published
from benchmarks.cleaning import save, single_thread
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images
from datatools.augment import amplitude_mix, fda, histogram_match, reinhard, whitening
from datatools.images import RGB

SIDE, COUNT, QUICK_COUNT = 224, 40, 10
RUNS, LEAST_SECONDS = 5, 0.25  # of a measurement of ours
BETAS = (0.01, 0.05, 0.09)  # the paper's
WEIGHT = 0.5  # of an amplitude's reference

Pair = tuple[RGB, RGB]
Work = Callable[[RGB, RGB], RGB]


def lines(quick: bool) -> Iterator[Line]:
    """Yield the lines."""
    pairs = photo_pairs(QUICK_COUNT if quick else COUNT)
    theirs = _scikit_image(pairs, 1 if quick else 3)
    for beta in BETAS[:1] if quick else BETAS:
        yield from _fourier(pairs, beta)
    yield from _amplitude(pairs)
    yield from _histograms(pairs, theirs)
    mine = outputs(reinhard.transfer, pairs)
    speed = rate(reinhard.transfer, pairs)
    yield Line("reinhard: images per CPU-s", speed)
    if "reinhard" in theirs:
        yield Line("reinhard: images per CPU-s; scikit-image's CIELAB", speed, theirs["reinhard"][1])
        yield Line("  largest difference to it", largest(mine, theirs["reinhard"][0]))
    yield Line("whitening: images per CPU-s", rate(_whitened, pairs))


def photo_pairs(count: int) -> list[Pair]:
    """Return photos of 224 x 224 pixels, each with the next as its reference."""
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        files = photos.small(Path(name) / "photos", count)
        found = [images.resize(images.read(path), SIDE, SIDE) for path in files]
    return list(zip(found, found[1:] + found[:1], strict=True))


def outputs(work: Work, pairs: Sequence[Pair]) -> list[RGB]:
    """Return what comes out for each pair."""
    return [work(image, reference) for image, reference in pairs]


def rate(work: Work, pairs: Sequence[Pair], runs: int = RUNS) -> Figure:
    """Return the images per CPU-second of a method, once for each run."""
    with single_thread():
        work(*pairs[0])  # compiles what is not compiled yet
        repeats = max(1, round(LEAST_SECONDS / max(1e-9, _seconds(work, pairs, 1))))
        return figure(*(repeats * len(pairs) / _seconds(work, pairs, repeats) for _ in range(runs)))


def largest(found: Sequence[RGB], wanted: Sequence[RGB]) -> Figure:
    """Return the largest difference of each image in grey levels."""
    pairs = zip(found, wanted, strict=True)
    return figure(*(float(np.abs(one.astype(int) - other).max()) for one, other in pairs))


def worst(found: Sequence[RGB], wanted: Sequence[RGB]) -> Figure:
    """Return the largest difference of all images in grey levels."""
    return figure(max(largest(found, wanted).values))


def _fourier(pairs: Sequence[Pair], beta: float) -> Iterator[Line]:
    """Measure FDA beside albumentations and the authors' formula."""
    library = _albumentations("FDA", "fda_metadata", beta_limit=(beta, beta))

    def ours(image: RGB, reference: RGB) -> RGB:
        return fda.adapt(image, reference, beta)

    def theirs(image: RGB, reference: RGB) -> RGB:
        return published.fda(image, reference, beta)

    wanted, speed = outputs(theirs, pairs), rate(ours, pairs)
    found, other = outputs(ours, pairs), outputs(library, pairs)
    what = f"fda, beta {beta}"
    goal = Goal("ours", ">=", 500) if beta == BETAS[0] else None
    yield Line(f"{what}: images per CPU-s; albumentations", speed, rate(library, pairs, 1), goal)
    yield Line("  images per CPU-s; the authors' formula in numpy", speed, rate(theirs, pairs, 1))
    yield Line(
        "  largest difference to the authors' formula; albumentations, by photo",
        worst(found, wanted),
        largest(other, wanted),
        Goal("ours", "<=", 1),
    )


def _amplitude(pairs: Sequence[Pair]) -> Iterator[Line]:
    def ours(image: RGB, reference: RGB) -> RGB:
        return amplitude_mix.mix(image, reference, WEIGHT)

    def theirs(image: RGB, reference: RGB) -> RGB:
        return published.amplitude_mix(image, reference, WEIGHT)

    yield Line(
        "amplitude_mix: images per CPU-s; the authors' formula in numpy", rate(ours, pairs), rate(theirs, pairs, 1)
    )
    difference = worst(outputs(ours, pairs), outputs(theirs, pairs))
    yield Line("  largest difference to the authors' formula", difference, goal=Goal("ours", "<=", 1))


def _histograms(pairs: Sequence[Pair], theirs: dict[str, tuple[list[RGB], Figure]]) -> Iterator[Line]:
    library = _albumentations("HistogramMatching", "hm_metadata", blend_ratio=(1.0, 1.0))
    speed, found = rate(histogram_match.match, pairs), outputs(histogram_match.match, pairs)
    goal = Goal("ours", ">=", 2000)
    yield Line("histogram_match: images per CPU-s; albumentations", speed, rate(library, pairs, 1), goal)
    if "histograms" in theirs:
        yield Line("  images per CPU-s; scikit-image", speed, theirs["histograms"][1], goal)
        difference = worst(found, theirs["histograms"][0])
        yield Line("  largest difference to scikit-image", difference, goal=Goal("ours", "<=", 1))


def _whitened(image: RGB, reference: RGB) -> RGB:
    return whitening.transfer(image, reference, 1.0)


def _albumentations(name: str, key: str, **arguments: Any) -> Work:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask a server otherwise
    transform = getattr(import_module("albumentations"), name)(metadata_key=key, p=1.0, **arguments)

    def work(image: RGB, reference: RGB) -> RGB:
        return np.asarray(transform(image=image, **{key: [reference]})["image"], dtype=np.uint8)

    return work


def _scikit_image(pairs: Sequence[Pair], runs: int) -> dict[str, tuple[list[RGB], Figure]]:
    """Return images and speed of each of scikit-image's methods; nothing without the peers."""
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        source, target = Path(name).resolve() / "pairs.npz", Path(name).resolve() / "results.npz"
        save(source, {f"{side}/{n:05d}": pair[side] for n, pair in enumerate(pairs) for side in (0, 1)})
        seconds = peers.run("matching", source, target, runs) or {}
        if not seconds:
            return {}
        with np.load(target) as found:
            return {
                method: (
                    [found[f"{method}/{n:05d}"] for n in range(len(pairs))],
                    figure(*(len(pairs) / one for one in spent)),
                )
                for method, spent in seconds.items()
            }


def _seconds(work: Work, pairs: Sequence[Pair], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        outputs(work, pairs)
    return time.process_time() - started
