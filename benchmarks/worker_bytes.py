"""Whether the bytes depend on the number of workers or on the order of the images. Lines of :mod:`benchmarks.augment`.

Ours run as the stage runs them, in processes. The peer is a seeded ``Compose`` of albumentations in each worker, the images dealt out
to the workers in turn, as a loader deals them: it is the same in this process, since each worker has nothing but its own chain.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import photos
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images
from datatools.augment.amplitude_mix import AmplitudeMix
from datatools.augment.fda import Fda
from datatools.augment.geometry import Geometry
from datatools.augment.histogram_match import HistogramMatch
from datatools.augment.make import make
from datatools.augment.method import PixelMethod
from datatools.augment.mixup import MixUp
from datatools.augment.plan import plan
from datatools.augment.reinhard import Reinhard
from datatools.augment.sources import Source, Sources
from datatools.augment.style_mix import StyleMix
from datatools.augment.whitening import Whitening
from datatools.cache import Store
from datatools.images import RGB

METHODS: tuple[PixelMethod, ...] = (
    Geometry(probability=1.0),
    Fda(probability=1.0),
    AmplitudeMix(probability=1.0),
    HistogramMatch(probability=1.0, blend=(0.5, 1.0)),
    Reinhard(probability=1.0),
    Whitening(probability=1.0),
    StyleMix(probability=1.0),
    MixUp(probability=1.0),
)
TRANSFORMS = (
    "CoarseDropout",
    "ColorJitter",
    "ElasticTransform",
    "GaussNoise",
    "HorizontalFlip",
    "HueSaturationValue",
    "RandomBrightnessContrast",
    "Rotate",
)
WORKERS = (1, 2, 4)
COUNT, QUICK_COUNT, SIDE = 64, 16, 96

Bytes = dict[str, dict[str, bytes]]  # by method, then image_id


def lines(quick: bool) -> Iterator[Line]:
    """Yield the line."""
    files = photos.sources()[:: 3000 // COUNT][: QUICK_COUNT if quick else COUNT]
    sources = [_source(path) for path in files]
    made = [_ours(sources, workers) for workers in WORKERS[:-1]]
    made.append(_ours(sources[::-1], WORKERS[-1], METHODS[::-1]))
    alike = figure(sum(_same([one[method.method] for one in made]) for method in METHODS))
    what = f"methods whose bytes are equal for 1, 2 and 4 workers and in any order, of {len(METHODS)}; albumentations'"
    yield Line(what, alike, _theirs([images.read(path) for path in files]), Goal("ours", ">=", len(METHODS)))


def _ours(sources: Sequence[Source], workers: int, methods: Sequence[PixelMethod] = METHODS) -> Bytes:
    """Derive all images in an empty store."""
    recipes = plan(Sources(tuple(sources), tuple(sources)), methods, [{}] * len(methods), 0, None)
    found: dict[str, bytes] = {}

    def keep(image_id: str, png: bytes) -> str:
        found[image_id] = png
        return image_id

    with tempfile.TemporaryDirectory(dir=photos.STORE) as name, _workers(workers):
        made = make([(recipe, methods[recipe.entry]) for recipe in recipes], 0, SIDE, Store(Path(name)), keep)
    return {
        method.method: {one.path: found[one.path] for one in made if one.method == method.method} for method in methods
    }


def _theirs(pixels: Sequence[RGB]) -> Figure:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask a server otherwise
    library = import_module("albumentations")
    return figure(sum(_same([_dealt(library, name, pixels, workers) for workers in WORKERS]) for name in TRANSFORMS))


def _dealt(library: Any, name: str, pixels: Sequence[RGB], workers: int) -> list[bytes]:
    """Return the transformed images in their order."""
    found = [b""] * len(pixels)
    for worker in range(workers):
        chain = library.Compose([getattr(library, name)(p=0.5)], seed=0)
        for number in range(worker, len(pixels), workers):
            found[number] = np.asarray(chain(image=pixels[number])["image"]).tobytes()
    return found


def _same(runs: Sequence[object]) -> bool:
    return all(run == runs[0] for run in runs)


def _source(path: Path) -> Source:
    image_id = images.sha256(path.read_bytes())
    return Source(image_id, str(path), image_id, path.parent.name, path.parent.name, image_id)


@contextmanager
def _workers(count: int) -> Iterator[None]:
    before = os.environ.get("TOOLKIT_WORKERS")
    os.environ["TOOLKIT_WORKERS"] = str(count)
    try:
        yield
    finally:
        os.environ.pop("TOOLKIT_WORKERS")
        if before is not None:
            os.environ["TOOLKIT_WORKERS"] = before
