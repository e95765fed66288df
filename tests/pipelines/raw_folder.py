"""A raw folder with copies of every kind, and the stages that work on it in the current folder."""

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from datatools import images
from datatools.cache import Store
from datatools.ingest.class_folders import ClassFolders
from datatools.manifest import DEDUPLICATED, read
from pipelines import deduplicate as stage_file
from pipelines import ingest as earlier
from pipelines.deduplicate import DROPPED, DeduplicateSettings
from pipelines.ingest import IngestSettings
from pipelines.stage import Stage
from tests.datatools.dedup.pictures import Picture, jpeg, png, resized, scene

RAW, OUT = Path("data/raw"), Path("data/deduplicate")
TABLES = ["conflicts.parquet", "dropped.parquet", "leaks.parquet", "manifest.parquet", "pairs.parquet"]


def turned_by_exif(picture: Picture) -> bytes:
    """The picture as a camera that was held sideways stores it."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).transpose(Image.Transpose.ROTATE_90).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """Files by label and name: 12 pictures, and copies of the first few."""
    found = {f"a/{number:02}.png": png(scene(number)) for number in range(12)}
    found["a/00 again.png"] = found["a/00.png"]
    found["a/01 again.jpg"] = jpeg(scene(1))
    found["a/02 half.png"] = png(resized(scene(2), 0.5))
    found["a/02 half twice.png"] = found["a/02 half.png"]
    found["a/03 turned by EXIF.png"] = turned_by_exif(scene(3))
    found["b/04 other label.jpg"] = jpeg(scene(4))
    found["a/05 mirrored.jpg"] = jpeg(np.ascontiguousarray(scene(5)[:, ::-1]), 85)
    for level in range(4):  # plain surfaces: their hashes are equal, their pictures not
        found[f"a/plain {level}.png"] = png(np.full((50, 50, 3), 60 * level, np.uint8))
    return found


def ingest(contents: dict[str, bytes], settings: IngestSettings | None = None) -> None:
    for name, data in contents.items():
        images.write_bytes(RAW / name, data)
    out = Path("data/ingest")
    out.mkdir(parents=True)
    earlier.run(settings or IngestSettings(layout=ClassFolders()), Stage("ingest", out, Store(Path(".toolkit"))))


def deduplicate(out: Path | str = OUT, **settings: Any) -> dict[str, Any]:
    folder = Path(out)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stage = Stage("deduplicate", folder, Store(Path(".toolkit")))
    return dict(stage_file.run(DeduplicateSettings(**settings), stage))


def decide(*lines: str) -> None:
    Path("duplicates.csv").write_text("\n".join(["decision,first,second,note", *lines, ""]), encoding="utf-8")


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def names(paths: "pd.Series[str]") -> list[str]:
    return sorted(Path(path).name for path in paths.dropna())


def by_name(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.set_index(rows["path"].str.removeprefix("data/raw/"))


def dropped() -> pd.DataFrame:
    return by_name(read(OUT / "dropped.parquet", DROPPED))


def kept() -> pd.DataFrame:
    return by_name(read(OUT / "manifest.parquet", DEDUPLICATED))


def page() -> str:
    return (OUT / "duplicates.html").read_text(encoding="utf-8")
