"""Denoising at default settings: noise of known strength on real photos, clean photos, and all of them mixed; beside peers.

Ours work with the strength that they estimate, peers with the true one unless a line says otherwise. A gain is in dB of PSNR and the
mean over the photos; its spread is that of draws of the noise. Speed is in megapixels (of pixels, not of values) per CPU-second with
one thread. The photos lie beside the project. No image counts for more than 60 dB. About ten minutes on 2 cores.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import clean_photos, cleaning, method_table, noise_costs, noises, photos, table
from benchmarks.cleaning import METHODS, Result
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images, seeds
from datatools.denoise.estimate import estimate
from datatools.denoise.levels import Levels
from datatools.denoise.median import Median

DRAWS = 3
SIGMAS = (10, 25, 50)
BM3D, BM3D_QUICK = "bm3d", 1  # photos
AGAINST_GAUSSIAN = ("nlm_opencv", "nlm_opencv_joint", "nlm", "wavelet", "total_variation", "bilateral")
AGAINST_IMPULSES = ("median_opencv", "median")
FIXED = (
    "nlm_opencv",
    "nlm_opencv_joint",
    "nlm",
    "wavelet",
    "total_variation",
    "bilateral",
    "median_opencv",
    "gaussian",
)
SALT_AND_PEPPER = 0.02
MIXED, QUICK_MIXED = 60, 9
OTHERS = 100  # photos, on which nothing was chosen
TILES = (8, 8)  # clothing photos in one image, to measure speed on one of a megapixel


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    files = noises.some()
    if not files:
        print(f"denoise: left out; {photos.CLOTHING} is not there")
        return []
    photos.STORE.mkdir(exist_ok=True)
    clean = [images.native(path) for path in files]
    lines: list[Line] = []
    for sigma in (25,) if quick else SIGMAS:
        lines += gaussian(clean, sigma, 1 if quick else DRAWS)
    lines += beside_bm3d(clean[:BM3D_QUICK] if quick else clean)
    lines += [] if quick else [*others(files), *larger()]
    lines += impulses(clean, 1 if quick else DRAWS)
    lines += mixed(QUICK_MIXED if quick else MIXED)
    lines += deep(clean)
    lines += clean_photos.lines(quick)
    lines += noise_costs.lines(quick)
    return [*lines, *method_table.lines(clean, quick)]


def gaussian(clean: Sequence[Levels], sigma: int, draws: int) -> Iterator[Line]:
    """Measure against Gaussian noise, beside the peers."""
    noisy = [noises.gaussian(image, sigma, draw, n) for draw in range(draws) for n, image in enumerate(clean)]
    mine = cleaning.ours(cleaning.default, noisy)
    theirs = cleaning.rivals(noisy, sigma, AGAINST_GAUSSIAN)
    found = cleaning.gain(mine.images, noisy, clean)
    what = f"Gaussian noise, sigma {sigma}, {len(clean)} photos"
    yield Line(f"{what}: gain, dB", found, goal=Goal("ours", ">=", 10.5) if sigma == 25 else None)
    yield _extremes(mine.images, noisy, clean)
    yield from _beside("  gain, dB", found, _gains(theirs, noisy, clean), Goal("ratio", ">", 1))
    goal = Goal("ours", ">=", 2) if sigma == 25 else None
    yield Line("  speed without the estimate, MP per CPU-s", mine.rate, goal=goal)
    both = cleaning.rate(partial(_all, noisy), noisy)
    yield Line("  speed with the estimate, MP per CPU-s", both, goal=goal)
    yield from _beside("  speed, MP per CPU-s", mine.rate, {name: one.rate for name, one in theirs.items()}, None)


def beside_bm3d(clean: Sequence[Levels]) -> Iterator[Line]:
    """Measure what is missing to BM3D at sigma 25, and what it costs."""
    noisy = [noises.gaussian(image, 25, 0, n) for n, image in enumerate(clean)]
    mine, theirs = cleaning.ours(cleaning.default, noisy), cleaning.rivals(noisy, 25, [BM3D])
    if BM3D not in theirs:
        return
    what = f"Gaussian noise, sigma 25, {len(clean)} photos"
    goal = Goal("ratio", ">=", 500) if len(clean) > BM3D_QUICK else None  # one small photo is over too soon to time
    gains = cleaning.gain(mine.images, noisy, clean), cleaning.gain(theirs[BM3D].images, noisy, clean)
    yield Line(f"{what}: gain, dB; {BM3D}", *gains)
    yield Line(f"  dB behind {BM3D}", figure(gains[1].middle - gains[0].middle), goal=Goal("ours", "<=", 1.4))
    yield Line(f"  speed, MP per CPU-s; {BM3D}", mine.rate, theirs[BM3D].rate, goal)


def others(chosen: Sequence[Path]) -> Iterator[Line]:
    """Measure on photos that had no part in choosing the settings."""
    among = [path for path in noises.some(OTHERS + len(chosen), 31) if path not in chosen][:OTHERS]
    clean = [images.native(path) for path in among]
    for sigma in SIGMAS:
        noisy = [noises.gaussian(image, sigma, "others", n) for n, image in enumerate(clean)]
        found = _all(noisy)
        what = f"Gaussian noise, sigma {sigma}, {len(clean)} other photos: gain, dB"
        yield Line(what, cleaning.gain(found, noisy, clean), goal=Goal("ours", ">=", 10.5) if sigma == 25 else None)
        yield _extremes(found, noisy, clean)


def larger() -> Iterator[Line]:
    """Measure on the two photos of 640 x 427 pixels that come with scikit-learn."""
    from sklearn.datasets import load_sample_images  # not above: workers would load it, too

    clean = [np.asarray(image, dtype=np.uint8) for image in load_sample_images().images]
    for sigma in SIGMAS:
        noisy = [noises.gaussian(image, sigma, n) for n, image in enumerate(clean)]
        mine, theirs = cleaning.ours(cleaning.default, noisy), cleaning.rivals(noisy, sigma, ["nlm", "wavelet"])
        what = f"Gaussian noise, sigma {sigma}, 2 photos of 640 x 427"
        found = cleaning.gain(mine.images, noisy, clean)
        yield from _beside(f"{what}: gain, dB", found, _gains(theirs, noisy, clean), None)
        yield Line("  speed without the estimate, MP per CPU-s", mine.rate)


def impulses(clean: Sequence[Levels], draws: int) -> Iterator[Line]:
    """Measure against salt and pepper, in values and in whole pixels."""
    for kind, strike in (("values", noises.impulses), ("pixels", noises.dots)):
        noisy = [strike(image, SALT_AND_PEPPER, draw, n) for draw in range(draws) for n, image in enumerate(clean)]
        mine = _all(noisy)
        found = cleaning.gain(mine, noisy, clean)
        theirs = cleaning.rivals(noisy, 0, AGAINST_IMPULSES)
        what = f"salt and pepper, {SALT_AND_PEPPER:.0%} of {kind}, {len(clean)} photos"
        yield Line(f"{what}: gain, dB", found, goal=Goal("ours", ">=", 23))
        yield _extremes(mine, noisy, clean)
        yield from _beside("  gain, dB", found, _gains(theirs, noisy, clean), Goal("ratio", ">", 1))
        speed = cleaning.ours(Median(), noisy).rate
        yield Line("  speed of the median alone, MP per CPU-s", speed, goal=Goal("ours", ">=", 50))
        tiled = cleaning.ours(Median(), [strike(_tiled(), SALT_AND_PEPPER, "tiled")]).rate
        yield Line("  the same on an image of a megapixel, MP per CPU-s", tiled, goal=Goal("ours", ">=", 50))
        yield Line("  speed with the estimate, MP per CPU-s", cleaning.rate(partial(_all, noisy), noisy))
        yield from _beside("  speed, MP per CPU-s", speed, {name: one.rate for name, one in theirs.items()}, None)


def mixed(count: int) -> Iterator[Line]:
    """Measure on a set of which a third is clean, a third has Gaussian noise of any strength from 10 to 50, and a third impulses."""
    clean = [images.native(path) for path in noises.some(count, len(photos.sources()) // count)]
    noisy = [_mixed(image, n) for n, image in enumerate(clean)]
    found = _psnr(_all(noisy), clean)
    what = f"mixed set of {count}: mean PSNR, dB, of identical images {noises.IDENTICAL:.0f}"
    yield Line(f"{what}; noisy", found, _psnr(noisy, clean), Goal("ratio", ">", 1))
    others = {
        f"our {type(method).__name__} on all": _psnr([method(image, estimate(image)) for image in noisy], clean)
        for method in METHODS
    }
    theirs = cleaning.rivals(noisy, "own", FIXED)
    others |= {f"{name} on all, its own estimate": _psnr(one.images, clean) for name, one in theirs.items()}
    yield from _beside("  mean PSNR, dB", found, others, Goal("ratio", ">", 1))


def deep(clean: Sequence[Levels]) -> Iterator[Line]:
    """Measure on grey images of 16 bits, beside the same at 8."""
    grey = [image.mean(axis=2, keepdims=True) for image in clean]
    wide = [np.rint(image * 257).astype(np.uint16) for image in grey]
    narrow = [np.rint(image).astype(np.uint8) for image in grey]
    for sigma in SIGMAS:
        gains = []
        for shown in (wide, narrow):
            noisy = [noises.gaussian(image, sigma, "grey", n) for n, image in enumerate(shown)]
            gains.append(cleaning.gain(_all(noisy), noisy, shown))
        yield Line(
            f"one channel of 16 bits, sigma {sigma}, {len(grey)} photos: gain, dB; at 8 bits", gains[0], gains[1]
        )


def _extremes(found: Sequence[Levels], noisy: Sequence[Levels], clean: Sequence[Levels]) -> Line:
    single = noises.gains(found, noisy, [*clean] * (len(noisy) // len(clean)))
    return Line("  the photo that gains least, dB; as peer: most", figure(min(single)), figure(max(single)))


def _all(noisy: Sequence[Levels]) -> list[Levels]:
    return [cleaning.whole(image) for image in noisy]


def _mixed(image: Levels, number: int) -> Levels:
    sigma = seeds.generator(0, "benchmark", "mixed", number).uniform(10, 50)
    kinds = (
        image,
        noises.gaussian(image, sigma, "mixed", number),
        noises.impulses(image, SALT_AND_PEPPER, "mixed", number),
    )
    return kinds[number % 3]


def _psnr(found: Sequence[Levels], clean: Sequence[Levels]) -> Figure:
    return figure(float(np.mean([noises.psnr(image, aim) for image, aim in zip(found, clean, strict=True)])))


def _gains(theirs: Mapping[str, Result], noisy: Sequence[Levels], clean: Sequence[Levels]) -> dict[str, Figure]:
    return {name: cleaning.gain(one.images, noisy, clean) for name, one in theirs.items()}


def _beside(what: str, mine: Figure, theirs: Mapping[str, Figure], goal: Goal | None) -> Iterator[Line]:
    for name, found in theirs.items():
        yield Line(f"{what}; {name}", mine, found, goal)


def _tiled() -> Levels:
    down, across = TILES
    chosen = [images.read(path)[: photos.TILE, : photos.TILE] for path in noises.some(down * across, 50)]
    rows = [np.hstack(chosen[start : start + across]) for start in range(0, len(chosen), across)]
    return np.vstack(rows)


if __name__ == "__main__":
    table.main("denoise", measure, ("numpy", "numba", "opencv-python-headless", "pillow", "pywavelets"))
