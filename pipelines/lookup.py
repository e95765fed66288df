"""Command: are these new images already in the data set?

``python -m pipelines.lookup photo.jpg …`` compares files with the images that ``ingest`` found, by the settings with which ``deduplicate``
ran last, and prints one line each. It changes nothing.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

from datatools import fingerprints, manifest
from datatools.dedup import thumbnail
from datatools.dedup.hashing import Joint
from datatools.dedup.lookup import Known, Match, Radii, lookup
from datatools.dedup.members import TURNS
from datatools.errors import DataError, ImageError
from datatools.fingerprints import ORIENTATIONS, Fingerprint, inverse
from datatools.ingest.inspect import FINGERPRINT, look
from datatools.manifest import FINGERPRINTS, INGESTED
from datatools.settings import parse
from pipelines.deduplicate import DeduplicateSettings
from pipelines.stage import DATA, guarded, read_json


def main(arguments: Sequence[str] | None = None) -> None:
    """Look every file up; exit code 1 where one cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.lookup", description="Are these images already in the data set?"
    )
    parser.add_argument("files", nargs="+", help="images that are not part of data/raw")
    files = parser.parse_args(arguments).files
    guarded("lookup", lambda: execute(files))


def execute(files: Sequence[str]) -> None:
    """Print one line a file."""
    settings = parse(
        DeduplicateSettings, read_json(DATA / "deduplicate" / "settings.json"), "deduplicate: settings.json: "
    )
    table = manifest.read(DATA / "ingest" / "fingerprints.parquet", FINGERPRINTS)
    rows = manifest.read(DATA / "ingest" / "manifest.parquet", INGESTED).drop_duplicates("image_id")
    located = rows.set_index("image_id")["path"].loc[table["image_id"]]
    paths: dict[str, str] = dict(zip(located.index, located, strict=True))
    hashes = [fingerprints.from_bytes(list(table[name]))[:, 0] for name in ("phash", "dhash")]
    known = Known(hashes[0], hashes[1], fingerprints.tiles(list(table["tile"])))
    limit = int(read_json(DATA / "ingest" / "settings.json")["max_pixels"])
    unreadable = [file for file in files if not _tell(file, known, paths, settings, limit)]
    if unreadable:
        sys.exit(1)


def _tell(file: str, known: Known, paths: Mapping[str, str], settings: DeduplicateSettings, max_pixels: int) -> bool:
    record = look(file, max_pixels)
    if "reason" in record:
        print(f"{file}: {record['reason']}: {record['detail']}", file=sys.stderr)
        return False
    if record["image_id"] in paths:
        print(f"{file}: is {paths[record['image_id']]} (same bytes)")
        return True
    try:
        matches = _matches(file, Fingerprint.from_bytes(record[FINGERPRINT]), known, paths, settings)
    except ImageError as error:
        raise DataError(f"{error}; the data set has changed since: run dvc repro") from None
    known_paths = list(paths.values())
    print(f"{file}: " + ("; ".join(_said(match, known_paths[match.row]) for match in matches) or "new"))
    return True


def _matches(
    file: str, image: Fingerprint, known: Known, paths: Mapping[str, str], settings: DeduplicateSettings
) -> list[Match]:
    # The joint hash is what ingest's table holds, whichever hash the stage itself searched by.
    upright = settings.hash.radius if isinstance(settings.hash, Joint) else Joint().radius
    known_paths = list(paths.values())
    turned = None if settings.turned.action == "ignore" else settings.turned.radius
    return lookup(
        image,
        thumbnail.of_file(file),
        known,
        lambda row: thumbnail.of_file(known_paths[row]),
        Radii(upright, turned),
        settings.verify,
        settings.least_contrast,
    )


def _said(match: Match, path: str) -> str:
    # How the known image would have to be turned to look like the new one: that is what was done to it.
    turn = ORIENTATIONS[inverse(ORIENTATIONS.index(match.orientation))]
    how = [TURNS[turn], "cropped" if match.finding.cropped else ""]
    how += [f"{match.distance} bits and {match.finding.structure:.1f} grey levels apart"]
    return f"is {path} ({', '.join(part for part in how if part)})"


if __name__ == "__main__":
    main()
