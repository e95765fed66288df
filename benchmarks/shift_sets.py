"""Data whose test images look unlike the train images: solar cells of two kinds, emoji by other artists, hands before two cameras."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import leak_sets, photos
from datatools import images, seeds
from datatools.augment.render import shrink
from examples.emoji import build as emoji
from examples.solar import build as solar

Names = NDArray[np.object_]
Rows = NDArray[np.bool_]

HELD_OUT = 0.5  # share of the target domain's groups that is tested on; the others lend their look
STYLES = (("twemoji", "noto-mono"), ("openmoji", "twemoji"))


class Shift(NamedTuple):
    """Images of a source and a target domain.

    Attributes:
        rows: ``path``, ``label``, ``domain`` and ``group`` of each image, texts.
        side: longest side of the files in pixels, and of what the network sees.
    """

    name: str
    rows: pd.DataFrame
    source: str
    target: str
    side: int


class Parts(NamedTuple):
    """Which rows serve for what, one flag per row; no group is in ``test`` and in another one."""

    train: Rows
    references: Rows
    test: Rows


def shifts(folder: Path, quick: bool) -> Iterator[Shift]:
    """Yield the shifts whose data are there; files are made in ``folder``."""
    yield from _made("solar cells", solar.build, folder / "solar", _solar, 128)
    if not quick:
        yield from _made("emoji", emoji.build, folder / "emoji", _emoji, 96)
        yield from _hands(folder)


def _hands(folder: Path) -> Iterator[Shift]:
    if photos.DIGITS.is_dir():
        rows = pd.read_csv(photos.DIGITS / "metadata.csv", dtype=str)
        rows = rows.assign(
            group=leak_sets.sittings(rows), path=[str(photos.DIGITS / "Dataset" / path) for path in rows["path"]]
        )
        rows = rows.rename(columns={"Model": "domain"})
        yield Shift("hands, Canon to iPhone", _shrunk(rows, folder / "hands", 96), "Canon EOS 550D", "iPhone 7", 96)
    else:
        print(f"domain_shift: sign digits left out; {photos.DIGITS} is not there")


def _made(
    name: str,
    build: Callable[[Path], object],
    folder: Path,
    of: Callable[[pd.DataFrame, int], Iterator[Shift]],
    side: int,
) -> Iterator[Shift]:
    rows = leak_sets.built(name, build, folder)
    if rows is not None:
        yield from of(_shrunk(rows, folder / "small", side), side)


def _solar(rows: pd.DataFrame, side: int) -> Iterator[Shift]:
    named = rows.rename(columns={"type": "domain", "module": "group"})
    yield Shift("solar cells, mono to poly", named, "mono", "poly", side)


def _emoji(rows: pd.DataFrame, side: int) -> Iterator[Shift]:
    named = rows.rename(columns={"style": "domain", "glyph": "group"})
    for source, target in STYLES:
        yield Shift(f"emoji, {source} to {target}", named, source, target, side)


def _shrunk(rows: pd.DataFrame, folder: Path, side: int) -> pd.DataFrame:
    """Return the rows with files of at most ``side`` pixels, so that derived and other images have been resized alike."""
    folder.mkdir(parents=True)
    written = []
    for number, path in enumerate(rows["path"]):
        written.append(str(folder / f"{number}.png"))
        images.write_bytes(Path(written[-1]), images.encode_png(shrink(images.read(Path(path)), side)))
    return rows.assign(path=written)


def parts(shift: Shift, seed: int) -> Parts:
    """Divide the target's groups at random; source rows of a tested group are used for nothing."""
    domain, group = shift.rows["domain"].to_numpy(object), shift.rows["group"].to_numpy(object)
    if absent := {shift.source, shift.target} - set(domain):
        raise ValueError(f"{shift.name}: no image of {sorted(absent)}; the domains are {sorted(set(domain))}")
    groups = np.unique(group[domain == shift.target])
    order = seeds.generator(seed, "shift", shift.name).permutation(len(groups))
    tested = np.isin(group, groups[order[: round(HELD_OUT * len(groups))]])
    target = domain == shift.target
    return Parts((domain == shift.source) & ~tested, target & ~tested, target & tested)
