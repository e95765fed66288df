"""Stage ``ingest``: data/raw becomes a table of readable images, a quarantine of the rest, figures and hashes of each image."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from datatools import cache, closure, images
from datatools.cache import Codec
from datatools.errors import DataError
from datatools.images import RGB
from datatools.ingest import gallery, worst
from datatools.ingest.columns import blank, convert
from datatools.ingest.files import Found, walk
from datatools.ingest.inspect import FINGERPRINT
from datatools.ingest.layouts import Layout
from datatools.ingest.listing import Listing, Refusal
from datatools.ingest.quality import MARK, Quality, Verdict, flags, judge
from datatools.ingest.reasons import ABOUT
from datatools.ingest.records import records
from datatools.ingest.table import Table
from datatools.manifest import (
    FINGERPRINTS,
    FLOAT,
    IMAGE_ID,
    INGESTED,
    INTEGER,
    PATH,
    QUARANTINE,
    STRING,
    Column,
    Schema,
    write,
)
from datatools.page.pictures import stored
from datatools.settings import Settings
from pipelines.stage import DATA, Stage, main, write_json

RAW = DATA / "raw"
TILES: Codec[RGB] = Codec(images.encode_png, stored)
COUNTS = ("width", "height", "bytes", "frames")
TEXTS = ("format", "taken", "camera")
# See datatools.ingest.figures; of the picture reduced to a short side of 256 to 511 pixels.
FIGURES = ("brightness", "contrast", "shadows", "highlights", "sharpness", "acutance", "colour", "structure")
RECORDED = (*COUNTS, *TEXTS, *FIGURES)
# Where each stands in the bytes of datatools.fingerprints.Fingerprint.to_bytes.
HASHED = {"phash": slice(0, 64), "dhash": slice(64, 128), "tile": slice(128, None)}
QUALITY = Schema(
    "quality",
    (
        IMAGE_ID,
        PATH,
        *(Column(name, INTEGER) for name in COUNTS),
        *(Column(name, STRING) for name in TEXTS),
        *(Column(name, FLOAT) for name in FIGURES),
        Column("flags", STRING),  # names of checks, "|" between them; "" where there is none
    ),
    key=("image_id", "path"),
)


class IngestSettings(Settings):
    """How the images lie in data/raw and which of them are refused or flagged."""

    layout: Layout = Field(
        default=Table(),
        description="How data/raw is laid out: class_folders, domain_class_folders, split_class_folders or table.",
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
    quality: Quality = Field(
        default=Quality(), description="Checks of how images look; the worst of each are in reports/quality.html."
    )


def run(settings: IngestSettings, stage: Stage) -> Mapping[str, Any]:
    """Write manifest, quarantine, quality, hashes and the columns' inferred types; return the counts."""
    found = _files()
    listing = settings.layout.list_images([item.file for item in found if item.refused is None], RAW)
    rows, refused = _inspected(listing.rows, settings, stage)
    refused = [*_refused_files(found), *listing.refused, *refused]
    if rows.empty:
        examples = "; ".join(f"{refusal.path}: {refusal.reason}" for refusal in refused[:3])
        raise DataError(f"{RAW}: no readable image with a row or class folder ({len(refused)} refused: {examples})")
    if settings.captured_at_from_exif:
        rows = _dated_by_exif(rows)
    judged = rows
    rows, dropped, verdicts = _judged(rows, settings.quality)
    refused = sorted({*refused, *dropped}, key=lambda refusal: (refusal.reason, refusal.path, refusal.detail))
    if rows.empty:
        raise DataError(f"{RAW}: every image is dropped by a check; set its action to flag (ingest.quality)")
    _write(rows, refused, listing, stage)
    stage.page("quality.html", _page(judged, refused, settings.quality, verdicts, stage))
    _show(listing)
    _tell(rows, refused, settings.quality)
    return _metrics(rows, refused, verdicts)


def _files() -> list[Found]:
    try:
        empty = not RAW.is_dir() or not any(RAW.iterdir())
    except OSError as error:
        raise DataError(f"{RAW}: cannot be listed ({error.strerror})") from None
    if empty:
        raise DataError(f"{RAW}: is empty; put your images there, or run 'make demo' for the demo data")
    return list(walk(RAW))


def _inspected(rows: pd.DataFrame, settings: IngestSettings, stage: Stage) -> tuple[pd.DataFrame, list[Refusal]]:
    """Add what one decode of each image tells; rows of images that cannot be read come back as refusals."""
    files = rows["file"].tolist()
    paths = [f"{RAW.as_posix()}/{file}" for file in files]
    # Columns, not a list of records: of 100,000 images those would take half a gigabyte.
    columns: dict[str, list[Any]] = {name: [] for name in ("row", "image_id", *RECORDED, *HASHED)}
    refused = []
    for row, image_id, record in records(paths, stage.store, settings.max_pixels):
        if "reason" in record:
            refused.append(Refusal(files[row], record["reason"], record["detail"]))
            continue
        columns["row"].append(row)
        columns["image_id"].append(image_id)
        for name in RECORDED:
            columns[name].append(record[name])
        for name, place in HASHED.items():
            columns[name].append(record[FINGERPRINT][place])
    table = pd.DataFrame(columns).sort_values("row", ignore_index=True)
    kept = rows.iloc[table.pop("row").to_numpy(dtype=np.int64)].reset_index(drop=True)
    path = [f"{RAW.as_posix()}/{file}" for file in kept["file"]]
    return pd.concat([kept, table], axis=1).assign(path=path), refused


def _judged(rows: pd.DataFrame, settings: Quality) -> tuple[pd.DataFrame, list[Refusal], dict[str, Verdict]]:
    """Add the flags; rows that a check with the action ``drop`` finds come back as refusals, one for each such check."""
    verdicts = judge(rows, settings)
    refused = []
    dropped = np.zeros(len(rows), dtype=bool)
    for name, check in settings.checks().items():
        if check.action != "drop":
            continue
        figure, found = verdicts[name]
        dropped |= found
        limit = f"the limit is {check.threshold:g} (ingest.quality.{name}.threshold)"
        files = rows["file"].to_numpy()
        refused += [Refusal(files[row], name, f"{figure[row]:.3g}, {limit}") for row in np.flatnonzero(found)]
    flagged = rows.assign(flags=flags(verdicts, len(rows)))
    return flagged[~dropped].reset_index(drop=True), refused, verdicts


def _dated_by_exif(rows: pd.DataFrame) -> pd.DataFrame:
    taken = blank(rows["taken"], ("",)).rename("EXIF DateTimeOriginal")
    times, _ = convert(taken, "timestamp")
    return rows.assign(captured_at=pd.to_datetime(rows["captured_at"], utc=True).fillna(times))


def _refused_files(found: list[Found]) -> list[Refusal]:
    # A name that is not UTF-8 cannot stand in a table: its odd bytes are shown escaped.
    return [
        Refusal(item.file.encode("utf-8", "backslashreplace").decode(), item.refused, ABOUT[item.refused])
        for item in found
        if item.refused
    ]


def _write(rows: pd.DataFrame, refused: list[Refusal], listing: Listing, stage: Stage) -> None:
    names = [column.name for column in INGESTED.columns]
    features = [name for name in rows.columns if name.startswith("x_")]
    write(rows[[*names, *features]], stage.out / "manifest.parquet", INGESTED)
    write(rows[[column.name for column in QUALITY.columns]], stage.out / "quality.parquet", QUALITY)
    hashes = rows[["image_id", *HASHED]].drop_duplicates("image_id")
    write(hashes, stage.out / "fingerprints.parquet", FINGERPRINTS)
    table = pd.DataFrame(refused, columns=["path", "reason", "detail"]).drop_duplicates()
    write(table, stage.out / "quarantine.parquet", QUARANTINE)
    inferred = {name: column.as_json() for name, column in listing.inferred.items()}
    write_json(stage.out / "columns.json", {"columns": inferred, "unused": list(listing.unused)})


def _page(
    judged: pd.DataFrame, refused: list[Refusal], quality: Quality, verdicts: Mapping[str, Verdict], stage: Stage
) -> str:
    shown = sorted({row for rows in worst.rows(quality, verdicts).values() for row in rows})
    paths = judged["path"].tolist()
    shelf = stage.store.shelf(
        "tile", str(gallery.SIDE), closure.digest("datatools.ingest.worst", "opencv-python-headless", "pillow")
    )
    files, ids = [paths[row] for row in shown], judged["image_id"].iloc[shown].tolist()
    tiles = dict(zip(files, cache.compute(worst.tile, files, ids, shelf, TILES, "drawing"), strict=True))
    suspicious = np.any([verdict.found for verdict in verdicts.values()], axis=0) if verdicts else np.zeros(0)
    totals = {"images": len(paths), "flagged": int(suspicious.sum()), "refused": len(refused)}
    return gallery.render(worst.kinds(quality, verdicts, paths, tiles), worst.refusals(refused), totals)


def _tell(rows: pd.DataFrame, refused: list[Refusal], quality: Quality) -> None:
    """Print one line for each kind of finding, with an example: for a check the worst image."""
    examples = {refusal.reason: refusal.path for refusal in reversed(refused)}
    for reason, count in sorted(Counter(refusal.reason for refusal in refused).items()):
        print(f"  {count} refused, {reason}: such as {examples[reason]}")
    several = int((rows["frames"] > 1).sum())
    if several:
        print(f"  {several} {'files hold' if several > 1 else 'file holds'} several frames; the first is used")
    flagged = Counter(name for text in rows["flags"] for name in text.split(MARK) if name)
    for name, check in quality.checks().items():
        if flagged[name]:
            worst = rows["path"].iloc[int(check.worst_first(check.figure(rows))[0])]
            print(f"  {flagged[name]} flagged, {name}: above all {worst}")


def _show(listing: Listing) -> None:
    """Print each column with its inferred type, so that a wrong guess is seen before it does harm."""
    for name, column in listing.inferred.items():
        precision = ", ".join(f"{count} to the {unit}" for unit, count in column.precision.items())
        notes = [f"{column.missing} missing" if column.missing else "", precision]
        notes += [f"{column.unparsed} unreadable, such as {column.example!r}" if column.unparsed else ""]
        notes += ["not used" if name in listing.unused else ""]
        print(f"  {name}: {column.kind}" + "".join(f"; {note}" for note in notes if note))


def _metrics(rows: pd.DataFrame, refused: list[Refusal], verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        "images": len(rows),
        "refused": len(refused),
        "labelled": int(rows["label"].notna().sum()),
        "classes": int(rows["label"].nunique()),
        "domains": int(rows["domain"].nunique()),
        "dated": int(rows["captured_at"].notna().sum()),
        "multi_frame": int((rows["frames"] > 1).sum()),
        "flags": {name: int(verdict.found.sum()) for name, verdict in verdicts.items()},
        "refused_by_reason": dict(sorted(Counter(refusal.reason for refusal in refused).items())),
    }


if __name__ == "__main__":
    main("ingest", IngestSettings, run)
