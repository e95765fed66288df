"""A small world for the tests of augmentation: pictures on disk, in two domains and three classes, with rows of every split."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from datatools import manifest
from datatools.augment.sources import Source
from datatools.images import RGB, encode_png, read, write_bytes

CLASSES, DOMAINS = ("bus", "cat", "tree"), ("day", "night")
MAGENTA = (255, 0, 255)  # every held-out picture is of this colour, and no train picture has a spot of it


def picture(seed: int, height: int = 40, width: int = 48, brightest: int = 200) -> RGB:
    """Return a smooth random picture whose values end well below magenta's."""
    coarse = np.random.default_rng(seed).integers(30, brightest, (5, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def source(number: int, label: str | None = "cat", domain: str = "day", cluster: str | None = None) -> Source:
    """Return a source without a file."""
    image_id = hashlib.sha256(str(number).encode()).hexdigest()
    return Source(image_id, f"data/raw/{number}.png", image_id, label, domain, cluster or f"c{number}")


def gallery(count: int = 24) -> pd.DataFrame:
    """Write pictures below ``data/raw`` of the current folder and return their split manifest.

    In turn: train, train, train, val, test, train; every sixth train row is unlabelled and in no split.
    """
    splits = ("train", "train", "train", "val", "test", None)
    rows = [_row(number, splits[number % 6]) for number in range(count)]
    columns = [column.name for column in manifest.SPLIT.columns if not column.optional]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(captured_at=pd.to_datetime(frame["captured_at"], utc=True))


def cut_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Make the upper rows of every second train picture transparent, and return the rows of these pictures."""
    found = rows[rows["split"] == "train"].iloc[::2]
    for path in map(Path, found["path"]):
        colours = read(path)
        alpha = np.full((*colours.shape[:2], 1), 255, np.uint8)
        alpha[:8] = 0
        Image.fromarray(np.dstack([colours, alpha])).save(path)
    return found


def _row(number: int, split: str | None) -> tuple[object, ...]:
    held_out = split in ("val", "test")
    pixels = np.full((40, 48, 3), MAGENTA, np.uint8) if held_out else picture(number, 40 + number % 3)
    pixels[0, 0] = number  # two files of one colour would share an image_id
    png = encode_png(pixels)
    path = Path(f"data/raw/{number}.png")
    write_bytes(path, png)
    label = CLASSES[number % 3] if split else None
    return (
        hashlib.sha256(png).hexdigest(),
        path.as_posix(),
        label,
        DOMAINS[number // 6 % 2],
        None,
        None,
        f"c{number}",
        split,
    )
