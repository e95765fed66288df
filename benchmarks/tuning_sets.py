"""Photos to fine-tune on: clothing with few and many labels per class, hands split by sitting, emoji by another artist.

Each seed draws other images (clothing), another split (hands) or other glyphs (emoji). ``val`` is what a user would have put aside: with 5
labels per class 5 more. The same images are train, val and test for all who are compared.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import leak_sets, photos, shift_sets
from benchmarks.shift_sets import Shift
from datatools import seeds
from datatools.split.stratified import Stratified
from examples.emoji import build as emoji

Names = NDArray[np.object_]

# CPU-seconds of training; ours, which ends by itself, takes less, and an epoch more of MANY some 200
FEW, SOME, MANY = 60.0, 300.0, 560.0
QUICK = 5.0
HELD = 0.2  # share of the source's glyphs that choose
LABELS = (5, 20, None)  # clothing: per class; None: all


class Labelled(NamedTuple):
    """Images of one seed.

    Attributes:
        name: of the set, the same for all seeds.
        names: what identifies each image, wherever its file lies.
        split: train, val or test; nothing else.
        budget: CPU-seconds of training.
    """

    name: str
    seed: int
    paths: list[Path]
    names: tuple[str, ...]
    labels: Names
    split: Names
    budget: float


Drawn = Callable[[int], Labelled]


def draws(seeds_: int, folder: Path, quick: bool) -> Iterator[Labelled]:
    """Yield every set whose data are there, seed by seed: a run that is broken off has some seeds of all. Files go into ``folder``."""
    there = list(_sets(folder / "emoji", quick))
    yield from (drawn(seed) for seed in range(seeds_) for drawn in there)


def _sets(folder: Path, quick: bool) -> Iterator[Drawn]:
    """Yield what draws a set for a seed."""
    if photos.CLOTHING.is_dir():
        yield from (partial(_clothing, count, quick) for count in (LABELS[:1] if quick else LABELS))
    else:
        print(f"finetune: clothing left out; {photos.CLOTHING} is not there")
    if not quick:
        yield from _hands()
        yield from _emoji(folder)


def _clothing(count: int | None, quick: bool, seed: int) -> Labelled:
    """Draw so many images per class from the published train and validation rows; the published test rows are the test."""
    rows = pd.read_csv(photos.CLOTHING / "labels.csv").sort_values("path", ignore_index=True)
    rows["split"] = rows["published_split"].replace({"validation": "val"})
    order = seeds.generator(seed, "clothing", "labels").permutation(len(rows))
    turn = rows.iloc[order].groupby(["split", "label"]).cumcount()
    chosen = rows["split"].eq("test") | (True if count is None else turn.reindex(rows.index) < count)
    rows = rows[chosen]
    budget = QUICK if quick else MANY if count is None else FEW
    paths = [photos.CLOTHING / path for path in rows["path"]]
    name = f"clothing, {'all' if count is None else count} labels per class"
    return _labelled(name, seed, paths, rows["path"], rows["label"], rows["split"].to_numpy(object), budget)


def _hands() -> Iterator[Drawn]:
    if not photos.DIGITS.is_dir():
        print(f"finetune: sign digits left out; {photos.DIGITS} is not there")
        return
    rows = pd.read_csv(photos.DIGITS / "metadata.csv", dtype=str)
    sitting = leak_sets.sittings(rows)
    ids = [f"{place:064x}" for place in range(len(rows))]
    table = pd.DataFrame({"image_id": ids, "label": rows["label"], "cluster_id": ids, "group_id": sitting})
    paths = [photos.DIGITS / "Dataset" / path for path in rows["path"]]

    def drawn(seed: int) -> Labelled:
        split = Stratified()(table.astype(object), seed).split
        return _labelled("sign digits, by sitting", seed, paths, rows["path"], rows["label"], split, SOME)

    yield drawn


def _emoji(folder: Path) -> Iterator[Drawn]:
    rows = leak_sets.built("emoji", emoji.build, folder)
    if rows is None:
        return
    rows = rows.rename(columns={"style": "domain", "glyph": "group"})
    names = pd.Series([Path(path).relative_to(folder).as_posix() for path in rows["path"]])
    paths = [Path(path) for path in rows["path"]]

    def drawn(shift: Shift, seed: int) -> Labelled:
        return _labelled(shift.name, seed, paths, names, rows["label"], _by_glyph(shift, seed), FEW)

    for source, target in shift_sets.STYLES:
        yield partial(drawn, Shift(f"emoji, {source} to {target}", rows, source, target, 128))


def _by_glyph(shift: Shift, seed: int) -> Names:
    """Return the split: some glyphs of the source choose, the target's tested glyphs are used for nothing else."""
    parts = shift_sets.parts(shift, seed)
    group = shift.rows["group"].to_numpy(object)
    glyphs = seeds.generator(seed, "tuning", shift.name).permutation(np.unique(group[parts.train]))
    held = np.isin(group, glyphs[: round(HELD * len(glyphs))])
    split = np.full(len(group), None, dtype=object)
    split[parts.train & ~held], split[parts.train & held], split[parts.test] = "train", "val", "test"
    return split


def _labelled(
    name: str,
    seed: int,
    paths: list[Path],
    names: "pd.Series[str]",
    labels: "pd.Series[str]",
    split: Names,
    budget: float,
) -> Labelled:
    """Leave out what is in no split, and val and test images of a class that train does not have."""
    classes = labels.to_numpy(object)
    used = pd.notna(split) & np.isin(classes, np.unique(classes[split == "train"]))
    kept = [path for path, keep in zip(paths, used, strict=True) if keep]
    return Labelled(name, seed, kept, tuple(names[used]), classes[used], np.asarray(split)[used], budget)
