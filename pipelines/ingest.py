"""Stage ``ingest``: data/raw becomes a table of readable images, a quarantine of the rest, and first figures of each image."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from pydantic import Field

from datatools import cache, closure, parallel
from datatools.errors import DataError
from datatools.ingest import Layout
from datatools.ingest.columns import blank, convert
from datatools.ingest.inspect import Found, identify, inspect, walk
from datatools.ingest.listing import Listing, Refusal
from datatools.ingest.table import Table
from datatools.manifest import FLOAT, IMAGE_ID, INGESTED, INTEGER, PATH, QUARANTINE, STRING, Column, Schema, write
from datatools.settings import Settings
from pipelines.stage import DATA, Stage, main, write_json

RAW = DATA / "raw"
QUALITY = Schema(
    "quality",
    (
        IMAGE_ID,
        PATH,
        *(Column(name, INTEGER) for name in ("width", "height", "bytes", "frames")),
        *(Column(name, STRING) for name in ("format", "taken", "camera")),
        *(Column(name, FLOAT) for name in ("brightness", "contrast", "sharpness")),
    ),
    key=("image_id", "path"),
)


class IngestSettings(Settings):
    """How the images lie in data/raw and which of them are refused."""

    layout: Layout = Field(
        default=Table(), description="How data/raw is laid out: class_folders, domain_class_folders or table."
    )
    max_pixels: int = Field(
        default=100_000_000,
        gt=0,
        description="An image with more pixels is refused before it is decoded (decompression bombs). Raise it for scans.",
    )
    captured_at_from_exif: bool = Field(
        default=False,
        description="Where the layout gives no date, take the time of capture from the photo's EXIF data.",
    )


def run(settings: IngestSettings, stage: Stage) -> Mapping[str, Any]:
    """Write manifest, quarantine, quality and the columns' inferred types; return the counts."""
    found = _files()
    listing = settings.layout.list_images([item.file for item in found if item.refused is None], RAW)
    rows, refused = _inspected(listing.rows, settings, stage)
    refused = [*_refused_files(found), *listing.refused, *refused]
    if rows.empty:
        examples = "; ".join(f"{refusal.path}: {refusal.reason}" for refusal in refused[:3])
        raise DataError(f"{RAW}: no readable image with a row or class folder ({len(refused)} refused: {examples})")
    if settings.captured_at_from_exif:
        rows = _dated_by_exif(rows)
    _write(rows, refused, listing, stage)
    _show(listing)
    return _metrics(rows, refused)


def _files() -> list[Found]:
    if not RAW.is_dir() or not any(RAW.iterdir()):
        raise DataError(f"{RAW}: is empty; put your images there, or run 'make demo' for the demo data")
    return list(walk(RAW))


def _inspected(rows: pd.DataFrame, settings: IngestSettings, stage: Stage) -> tuple[pd.DataFrame, list[Refusal]]:
    """Add what one decode of each image tells; rows of images that cannot be read come back as refusals."""
    paths = [RAW / file for file in rows["file"]]
    ids = parallel.in_threads(identify, paths)
    names = [image_id or f"unopened {path}" for image_id, path in zip(ids, paths, strict=True)]
    shelf = stage.store.shelf(
        "inspect",
        str(settings.max_pixels),
        closure.digest("datatools.ingest.inspect", "numpy", "opencv-python-headless", "pillow"),
    )
    look = partial(inspect, max_pixels=settings.max_pixels)
    seen = list(cache.compute(look, paths, names, shelf, cache.JSON, "inspecting"))
    good = [row for row, record in enumerate(seen) if "reason" not in record]
    refused = [
        Refusal(file, record["reason"], record["detail"])
        for file, record in zip(rows["file"], seen, strict=True)
        if "reason" in record
    ]
    records = pd.DataFrame([seen[row] for row in good])
    kept = rows.iloc[good].reset_index(drop=True)
    kept = pd.concat([kept, records], axis=1)
    path = [(RAW / file).as_posix() for file in kept["file"]]
    return kept.assign(image_id=[ids[row] for row in good], path=path), refused


def _dated_by_exif(rows: pd.DataFrame) -> pd.DataFrame:
    taken = blank(rows["taken"], ("",)).rename("EXIF DateTimeOriginal")
    times, _ = convert(taken, "timestamp")
    return rows.assign(captured_at=pd.to_datetime(rows["captured_at"], utc=True).fillna(times))


def _refused_files(found: list[Found]) -> list[Refusal]:
    details = {
        "broken_link": "a symbolic link that leads nowhere",
        "outside": "a symbolic link that leaves data/raw",
        "linked_folder": "a symbolic link to a folder; put the folder itself into data/raw",
        "odd_name": "the name holds a backslash or is not UTF-8; rename the file",
    }
    # A name that is not UTF-8 cannot stand in a table: its odd bytes are shown escaped.
    return [
        Refusal(item.file.encode("utf-8", "backslashreplace").decode(), item.refused, details[item.refused])
        for item in found
        if item.refused
    ]


def _write(rows: pd.DataFrame, refused: list[Refusal], listing: Listing, stage: Stage) -> None:
    names = [column.name for column in INGESTED.columns]
    features = [name for name in rows.columns if name.startswith("x_")]
    write(rows[[*names, *features]], stage.out / "manifest.parquet", INGESTED)
    write(rows[[column.name for column in QUALITY.columns]], stage.out / "quality.parquet", QUALITY)
    table = pd.DataFrame(refused, columns=["path", "reason", "detail"]).drop_duplicates()
    write(table, stage.out / "quarantine.parquet", QUARANTINE)
    inferred = {name: column.as_json() for name, column in listing.inferred.items()}
    write_json(stage.out / "columns.json", {"columns": inferred, "unused": list(listing.unused)})


def _show(listing: Listing) -> None:
    """Print each column with its inferred type, so that a wrong guess is seen before it does harm."""
    for name, column in listing.inferred.items():
        precision = ", ".join(f"{count} to the {unit}" for unit, count in column.precision.items())
        notes = [f"{column.missing} missing" if column.missing else "", precision]
        notes += [f"{column.unparsed} unreadable, such as {column.example!r}" if column.unparsed else ""]
        notes += ["not used" if name in listing.unused else ""]
        print(f"  {name}: {column.kind}" + "".join(f"; {note}" for note in notes if note))


def _metrics(rows: pd.DataFrame, refused: list[Refusal]) -> dict[str, Any]:
    return {
        "images": len(rows),
        "refused": len(refused),
        "labelled": int(rows["label"].notna().sum()),
        "classes": int(rows["label"].nunique()),
        "domains": int(rows["domain"].nunique()),
        "dated": int(rows["captured_at"].notna().sum()),
        "refused_by_reason": dict(sorted(Counter(refusal.reason for refusal in refused).items())),
    }


if __name__ == "__main__":
    main("ingest", IngestSettings, run)
