"""Lay the sign language digits out as raw data: ``python -m examples.sign_digits.build PHOTOS [--out data/raw]``.

``PHOTOS`` is the folder ``Dataset`` of the published data: one folder per digit. The table is read from the cameras' EXIF tags.
"""

import argparse
import shutil
import sys
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError
from tqdm import tqdm

from datatools.errors import DataError, ToolkitError
from examples.folder import new_folder, write_table

BASIC = ("Make", "Model", "Software")
BLOCK = (
    *("DateTimeOriginal", "ExposureTime", "FNumber", "ISOSpeedRatings", "BrightnessValue", "FocalLength"),
    *("ExposureBiasValue", "MeteringMode", "Flash", "WhiteBalance", "ColorSpace", "MaxApertureValue"),
)


def build(out: Path, photos: Path) -> int:
    """Copy the photos, write ``metadata.csv`` and return how many photos there are.

    Raises:
        DataError: ``photos`` holds no photo, or ``out`` is not empty.
    """
    found = sorted(path for path in photos.glob("*/*") if path.is_file() and not path.name.startswith("."))
    if not found:
        raise DataError(f"{photos}: holds no photo; give the folder that has one folder per digit")
    with new_folder(out) as folder:
        rows = [_row(path) for path in tqdm(found, desc="reading EXIF", delay=2, disable=None)]
        shutil.copytree(photos, folder / "Dataset")
        write_table(folder / "metadata.csv", rows)
    return len(found)


def _row(path: Path) -> dict[str, str]:
    try:
        with Image.open(path) as photo:
            tags = photo.getexif()
    except (OSError, UnidentifiedImageError):
        raise DataError(f"{path}: is not a photo that can be read") from None
    block = tags.get_ifd(ExifTags.IFD.Exif)
    values = {name: tags.get(ExifTags.Base[name]) for name in BASIC}
    values |= {name: block.get(ExifTags.Base[name]) for name in BLOCK}
    texts = {name: "" if value is None else str(value).strip("\0 ") for name, value in values.items()}
    return {"path": f"{path.parent.name}/{path.name}", "label": path.parent.name, **texts}


def main() -> int:
    """Build from the command line; 1 after one line, if the user can mend it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="the folder Dataset of the published data")
    parser.add_argument("--out", type=Path, default=Path("data/raw"), help="empty or new folder (default: data/raw)")
    given = parser.parse_args()
    try:
        count = build(given.out, given.photos)
    except ToolkitError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{given.out}: {count} photos and metadata.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
