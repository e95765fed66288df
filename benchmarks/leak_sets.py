"""Real images in which several show the same thing: what is known about each, and what deduplicate finds out by itself.

Sign digits: photos of hands, taken one after another; a pause of more than 30 s ends a sitting, in which one to a few people show each
digit once. Solar cells: about 60 to a module. Emoji: each drawn by three artists. Clothing: photos of which hardly two are alike; and the
same with copies planted beside some of them.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import augmented, duplicates, photos
from benchmarks.augmented import Make
from datatools import seeds
from datatools.errors import DataError
from examples.emoji import build as emoji
from examples.solar import build as solar

Names = NDArray[np.object_]
Rows = NDArray[np.bool_]
Matrix = NDArray[np.float32]
Paths = Sequence[Path]
Seen = Callable[[list[Path]], Matrix]

PAUSE = 30.0  # seconds


class Size(NamedTuple):
    """How much is used.

    Attributes:
        photos: about how many of each set; None for all.
        copied: how many photos of clothing get copies.
        each: how many copies.
        every: whether all sets are used, or hands and planted copies alone.
    """

    photos: int | None
    copied: int
    each: int
    every: bool


FULL, QUICK = Size(None, 600, 4, every=True), Size(400, 80, 4, every=False)


class Collection(NamedTuple):
    """Images of a set, a row each.

    Attributes:
        unit: what must not be divided, as a noun.
        labels: their classes.
        things: the true unit of each image.
        told: whether a user knows the units and can hand them over as ``group_id``.
        clusters: what deduplicate ties together at its default settings.
        original: False for a planted copy.
        features: frozen features, shape (n, width).
    """

    name: str
    unit: str
    labels: Names
    things: Names
    told: bool
    clusters: Names
    original: Rows
    features: Matrix


def collections(size: Size, folder: Path, seen: Seen) -> Iterator[Collection]:
    """Yield the sets that are there; files are made in ``folder``."""
    if photos.DIGITS.is_dir():
        yield digits(size, seen)
    else:
        print(f"leak_cost: sign digits left out; {photos.DIGITS} is not there")
    if size.every:
        yield from packaged("solar cells", "module", "module", solar.build, size, folder / "solar", seen)
        yield from packaged("emoji", "glyph", "glyph", emoji.build, size, folder / "emoji", seen)
    if photos.CLOTHING.is_dir():
        yield from clothing(size, folder, seen)
    else:
        print(f"leak_cost: clothing left out; {photos.CLOTHING} is not there")


def digits(size: Size, seen: Seen) -> Collection:
    """Return the photos of hands, grouped by sitting."""
    rows = pd.read_csv(photos.DIGITS / "metadata.csv", dtype=str)
    sitting = sittings(rows)
    rows = rows[np.isin(sitting, _some(np.unique(sitting), size.photos, len(rows)))]
    paths = [photos.DIGITS / "Dataset" / path for path in rows["path"]]
    things = sitting[rows.index]
    return _collection("sign digits", "sitting", paths, rows["label"], things, seen)


def sittings(rows: pd.DataFrame) -> Names:
    """Return the number of each photo's sitting: photos of one camera without a pause between them."""
    moments = pd.to_datetime(rows["DateTimeOriginal"], format="%Y:%m:%d %H:%M:%S")
    ordered = pd.DataFrame({"camera": rows["Model"], "moment": moments}).sort_values(
        ["camera", "moment"], kind="stable"
    )
    pause = ordered.groupby("camera")["moment"].diff().dt.total_seconds().fillna(np.inf) > PAUSE
    return np.array([str(number) for number in pause.cumsum().reindex(rows.index)], dtype=object)


def packaged(
    name: str, unit: str, column: str, build: Callable[[Path], object], size: Size, folder: Path, seen: Seen
) -> Iterator[Collection]:
    """Yield a worked example, grouped by a column of its table, where the packages that it is made from are installed."""
    rows = built(name, build, folder)
    if rows is None:
        return
    rows = rows[rows[column].isin(_some(rows[column].unique(), size.photos, len(rows)))]
    paths = [Path(path) for path in rows["path"]]
    yield _collection(name, unit, paths, rows["label"], rows[column].to_numpy(object), seen)


def built(name: str, build: Callable[[Path], object], folder: Path) -> pd.DataFrame | None:
    """Return the table of a worked example with whole paths; None, and a line that says why, where its packages are missing."""
    try:
        build(folder)
    except DataError as error:
        print(f"{name}: left out; {error}")
        return None
    rows = pd.read_csv(folder / "metadata.csv", dtype=str)
    return rows.assign(path=[str(folder / path) for path in rows["path"]])


def _some(units: Names, limit: int | None, rows: int) -> Names:
    """Return as many of the units, drawn at random, as hold about ``limit`` of the rows."""
    count = len(units) if limit is None else round(len(units) * min(1.0, limit / rows))
    return seeds.generator(0, "leak sets").permutation(units)[:count]


def clothing(size: Size, folder: Path, seen: Seen) -> Iterator[Collection]:
    """Yield the photos as they are, and with copies of two kinds planted beside some of them."""
    rows = pd.read_csv(photos.CLOTHING / "labels.csv").sort_values("path", ignore_index=True)
    chosen = _some(rows.index.to_numpy(object), size.photos, len(rows))
    rows = rows.loc[np.sort(chosen.astype(np.int64))].reset_index(drop=True)
    paths = [photos.CLOTHING / path for path in rows["path"]]
    if size.every:
        yield _collection("clothing", "photo", paths, rows["label"], rows["path"].to_numpy(object), seen, told=False)
    places = seeds.generator(0, "planted").choice(len(rows), size.copied, replace=False)
    kinds: dict[str, tuple[Make, bool]] = {
        "saved again": (augmented.resaved, False),
        "augmented": (augmented.distorted, True),
    }
    for name, (make, told) in kinds.items():
        (folder / name).mkdir()
        made = augmented.write(make, [paths[place] for place in places], size.each, folder / name)
        all_ = rows.loc[[*range(len(rows)), *np.repeat(places, size.each)]]
        title = f"clothing with {size.each} copies, {name}, of {size.copied} photos"
        things = all_["path"].to_numpy(object)
        yield _collection(title, "photo", [*paths, *made], all_["label"], things, seen, told=told, originals=len(rows))


def _collection(
    name: str,
    unit: str,
    paths: Paths,
    labels: "pd.Series[str]",
    things: Names,
    seen: Seen,
    *,
    told: bool = True,
    originals: int | None = None,
) -> Collection:
    original = np.arange(len(paths)) < (len(paths) if originals is None else originals)
    return Collection(name, unit, labels.to_numpy(object), things, told, clusters(paths), original, seen(list(paths)))


def clusters(paths: Paths) -> Names:
    """Return the cluster that the real stages put each file into; one that they refused is alone."""
    ids = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    photos.STORE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=photos.STORE) as name:
        raw = Path(name) / "data/raw/all"
        raw.mkdir(parents=True)
        for image_id, path in zip(ids, paths, strict=True):
            (raw / image_id).write_bytes(path.read_bytes())
        duplicates.run_stages(Path(name))
        tables = [pd.read_parquet(Path(name) / f"data/deduplicate/{part}.parquet") for part in ("manifest", "dropped")]
    rows = pd.concat([part[["image_id", "cluster_id"]] for part in tables])
    found = dict(zip(rows["image_id"], rows["cluster_id"], strict=True))
    return np.array([found.get(image_id, image_id) for image_id in ids], dtype=object)
