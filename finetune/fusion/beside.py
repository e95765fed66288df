"""A table beside new images: which row is about which image, and its cells as the model reads them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from datatools.errors import DataError
from datatools.images import sha256
from finetune.fusion.encoder import Encoder

GAPS = ["", "?", "NA", "N/A", "NaN", "nan", "null", "None"]  # what means missing in a file of text
KEYS = ("path", "image_id")


def read(file: Path, encoder: Encoder, images: Sequence[Path]) -> pd.DataFrame:
    """Return the rows of a table that are about these images, in their order; all null for an image without one.

    Args:
        file: .csv or .parquet, with a column ``path``, relative to the file's folder or to the current one, or ``image_id``, the SHA-256
            of the image's bytes; and the columns that the encoder reads, with ``x_`` before their names or without.

    Raises:
        DataError: the file cannot be read, lacks a column, has two rows for an image, or none for any.
    """
    table = _loaded(file)
    key = next((name for name in KEYS if name in table), None)
    if key is None:
        raise DataError(f"{file}: has neither a column path nor image_id; it tells which row is about which image")
    rows = _places(file, table[key].astype(str).tolist(), key)
    found = [rows.get(name, -1) for name in (_name(path, key) for path in images)]
    if max(found, default=-1) < 0:
        raise DataError(f"{file}: no row is about any of the images; its first {key} is {table[key].iloc[0]!r}")
    named = {name: _column(table, name) for name in encoder.names}
    cells = pd.DataFrame({name: table[own].to_numpy(dtype=object) for name, own in named.items() if own is not None})
    encoder(cells[:1])  # a column that is missing is told before any image is looked at
    return cells.reindex(found).reset_index(drop=True)


def _loaded(file: Path) -> pd.DataFrame:
    try:
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
        else:
            table = pd.read_csv(file, dtype="string", keep_default_na=False, na_values=GAPS, encoding="utf-8-sig")
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{file}: cannot be read as a table ({error})") from None
    if table.empty:
        raise DataError(f"{file}: has no rows")
    return table


def _places(file: Path, names: Sequence[str], key: str) -> Mapping[str, int]:
    rows: dict[str, int] = {}
    for place, name in enumerate(names):
        for known in {name} if key == "image_id" else {_whole(Path(name)), _whole(file.parent / name)}:
            if known in rows:
                raise DataError(f"{file}: has two rows for {name}")
            rows[known] = place
    return rows


def _name(path: Path, key: str) -> str:
    if key == "path":
        return _whole(path)
    try:
        return sha256(path.read_bytes())
    except OSError:  # the image gets its own line in the answers
        return ""


def _whole(path: Path) -> str:
    return path.resolve().as_posix()


def _column(table: pd.DataFrame, name: str) -> str | None:
    return next((known for known in (name, name.removeprefix("x_")) if known in table), None)
