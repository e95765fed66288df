"""Does denoising help the model? A linear probe on frozen features of photos with noise added, denoised by the default settings or not.

The photos are the clothing beside the project with their published split. Noise is added to all of them, to what is learnt from (train
and val) or to test only; denoising, where it is on, sees all images and is told nothing. Features are those of the packaged
EfficientNet-Lite0. Of 372 test images one is .27 points, so every comparison is made on all photos, too: five folds, each predicted by
a probe on the other four. About eight minutes on 2 cores.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from benchmarks import cleaning, noises, photos, table
from benchmarks.table import Figure, Goal, Line, figure
from datatools import images, parallel
from datatools.denoise.levels import Levels
from datatools.evaluate.intervals import wilson
from datatools.evaluate.paired import mcnemar
from finetune import backbones, inference, probe
from finetune.backbones import Backbone, BackboneSettings
from finetune.inference import Vector
from finetune.probe import Probe

Rows = NDArray[np.bool_]
Matrix = NDArray[np.float32]
Damage = Callable[[Levels, str], Levels]
Paths = list[Path]

GRID = (0.0003, 0.001, 0.003, 0.01, 0.03)
QUICK_IMAGES, FOLDS = 400, 5
CLEAN_MAY_DIFFER = 0.5  # points
# Whether there is noise in what is learnt from, and in what the probe is tested on.
PLACES = {"all images": (True, True), "training images only": (True, False), "test images only": (False, True)}


def gaussian_25(image: Levels, name: str) -> Levels:
    """Add Gaussian noise of sigma 25."""
    return noises.gaussian(image, 25, "transfer", name)


def gaussian_50(image: Levels, name: str) -> Levels:
    """Add Gaussian noise of sigma 50."""
    return noises.gaussian(image, 50, "transfer", name)


def salt_and_pepper(image: Levels, name: str) -> Levels:
    """Make 5 % of the values black or white."""
    return noises.impulses(image, 0.05, "transfer", name)


KINDS: dict[str, Damage] = {
    "Gaussian 25": gaussian_25,
    "Gaussian 50": gaussian_50,
    "salt and pepper 5 %": salt_and_pepper,
}


class Labelled(NamedTuple):
    """Photos with the published split (train, val or test), and the fold of each."""

    paths: Paths
    labels: list[str]
    split: NDArray[np.object_]
    fold: NDArray[np.int64]


class Answers(NamedTuple):
    """Which test images the probe gets right, and which of all images when each is predicted by a probe on other folds."""

    test: Rows
    folds: Rows


class Seen:
    """Features by file, so that a file that several variants share is looked at once."""

    def __init__(self, of: Backbone) -> None:
        self.of = of
        self.vectors: dict[Path, Vector] = {}

    def __call__(self, paths: Paths) -> Matrix:
        """Return the features, shape (n, width)."""
        absent = [path for path in paths if path not in self.vectors]
        found = inference.outputs(self.of.network, self.of.preprocessing, absent, "features")
        self.vectors.update(zip(absent, found, strict=True))
        return np.stack([self.vectors[path] for path in paths])


def measure(quick: bool) -> Sequence[Line]:
    """Return the lines."""
    if not photos.sources():
        print(f"denoise_transfer: left out; {photos.CLOTHING} is not there")
        return []
    photos.STORE.mkdir(exist_ok=True)
    known = load(QUICK_IMAGES if quick else None)
    kinds = {name: KINDS[name] for name in list(KINDS)[: 1 if quick else None]}
    with tempfile.TemporaryDirectory(dir=photos.STORE) as folder:
        return list(lines(known, kinds, Path(folder), Seen(backbones.build(BackboneSettings()))))


def lines(known: Labelled, kinds: Mapping[str, Damage], folder: Path, seen: Seen) -> Iterator[Line]:
    """Yield the lines: clean photos, then each kind of noise in each place."""
    off, on = seen(known.paths), seen(denoised(known.paths, folder / "clean"))
    without = answers(off, off, known)
    yield from compared("no noise", answers(on, on, known), without, CLEAN_MAY_DIFFER)
    for number, (name, damage) in enumerate(kinds.items()):
        paths = noisy(known.paths, damage, folder / f"noisy{number}")
        bad, better = seen(paths), seen(denoised(paths, folder / f"denoised{number}"))
        for place, (learnt, judged) in PLACES.items():
            noisy_on = answers(better if learnt else on, better if judged else on, known)
            noisy_off = answers(bad if learnt else off, bad if judged else off, known)
            yield from compared(f"{name} in {place}", noisy_on, noisy_off)
            yield Line(
                "  test accuracy with denoising; had there been no noise", _share(noisy_on.test), _share(without.test)
            )


def load(limit: int | None) -> Labelled:
    """Return the photos, or a sample of about that many with the same share of each class and split."""
    rows = pd.read_csv(photos.CLOTHING / "labels.csv").sort_values(["published_split", "label", "path"])
    rows = rows.iloc[:: 1 if limit is None else len(rows) // limit].sort_values("path", ignore_index=True)
    split = rows["published_split"].replace({"validation": "val"}).to_numpy(object)
    labels = [str(label) for label in rows["label"]]
    fold = np.zeros(len(rows), np.int64)
    for number, (_, held_out) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)):
        fold[held_out] = number
    return Labelled([photos.CLOTHING / path for path in rows["path"]], labels, split, fold)


def noisy(paths: Paths, damage: Damage, folder: Path) -> Paths:
    """Write the photos with noise into a new folder."""
    folder.mkdir()
    items = [(path, folder / f"{path.stem}.png") for path in paths]
    return parallel.each(partial(_add, damage), items, "adding noise")


def denoised(paths: Paths, folder: Path) -> Paths:
    """Return the files after the default settings: new ones in a new folder for those that change."""
    folder.mkdir()
    return parallel.each(_denoise, [(path, folder / f"{path.stem}.png") for path in paths], "denoising")


def answers(learn: Matrix, judge: Matrix, known: Labelled) -> Answers:
    """Fit probes and return what they get right.

    Args:
        learn: the features of each photo as it is where a probe is fitted or chosen.
        judge: the same as it is where the probe is tested.
    """
    train, val, test = (np.asarray(known.split == name, dtype=np.bool_) for name in ("train", "val", "test"))
    fitted = probe.fit(learn, known.labels, train, val, GRID)
    right = np.zeros(len(known.labels), np.bool_)
    for number in range(FOLDS):
        held_out, one = known.fold == number, (fitted.regularisation,)
        right[held_out] = _right(probe.fit(learn, known.labels, ~held_out, held_out, one), judge, known, held_out)
    return Answers(_right(fitted, judge, known, test), right)


def compared(what: str, on: Answers, off: Answers, may_differ: float | None = None) -> Iterator[Line]:
    """Yield the accuracy with denoising beside that without, on the test images and over the folds."""
    for name, ours, theirs in (("test", on.test, off.test), ("folds", on.folds, off.folds)):
        won, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
        interval = wilson(int(ours.sum()), len(ours))
        yield Line(f"{what}: {name} accuracy (n={len(ours):,}), denoising on; off", _share(ours), _share(theirs))
        yield Line("  ends of the 95 % interval with denoising", figure(interval.low or 0), figure(interval.high or 0))
        yield Line("  images that only on, only off gets right", figure(won), figure(lost))
        yield Line("  p of McNemar's test", figure(mcnemar(won, lost)))
        if may_differ is not None:
            points = abs(100 * (won - lost)) / len(ours)
            yield Line("  difference, points", figure(points), goal=Goal("ours", "<=", may_differ))


def _add(damage: Damage, item: tuple[Path, Path]) -> Path:
    source, target = item
    target.write_bytes(images.encode_png(damage(images.native(source), source.stem)))
    return target


def _denoise(item: tuple[Path, Path]) -> Path:
    source, target = item
    image = images.native(source)
    found = cleaning.whole(image)
    if np.array_equal(found, image):
        return source
    target.write_bytes(images.encode_png(found))
    return target


def _right(fitted: Probe, judge: Matrix, known: Labelled, rows: Rows) -> Rows:
    answers = np.array(fitted.classes, dtype=object)[fitted.probabilities(judge[rows]).argmax(axis=1)]
    return np.asarray(answers == np.array(known.labels, dtype=object)[rows], dtype=np.bool_)


def _share(right: Rows) -> Figure:
    return figure(float(right.mean()))


if __name__ == "__main__":
    table.main("denoise_transfer", measure, ("numpy", "opencv-python-headless", "scikit-learn", "timm", "torch"))
