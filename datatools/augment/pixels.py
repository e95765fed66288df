"""What identifies the pixels of a file."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from datatools.errors import DataError


def changed(rows: pd.DataFrame, paths: Mapping[str, str]) -> dict[str, str]:
    """Return the identity of the pixels that are not the raw file's own: a denoised file keeps its name when it changes.

    Args:
        rows: the split manifest.
        paths: image_id to the file of its pixels.
    """
    originals = zip(rows["image_id"], rows["path"], strict=True)
    found = {image_id: paths[image_id] for image_id, path in originals if paths.get(image_id, path) != path}
    return {image_id: identity(Path(path)) for image_id, path in found.items()}


def identity(*files: Path) -> str:
    """Return the SHA-256 of files, one after the other.

    Raises:
        DataError: one is missing.
    """
    return hashlib.sha256(b"".join(read(file) for file in files)).hexdigest()


def read(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        DataError: it is missing.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None
