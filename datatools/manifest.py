"""The tables that flow between the stages: declared once here, checked on every read and write.

A table is a Parquet file sorted by its key. ``null`` is the only mark of a missing value. Columns named ``x_*`` are the user's
tabular features (float, string, bool or timestamp) and may stand in every table whose schema says so.
"""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from datatools.errors import SchemaError

STRING, INTEGER, FLOAT, BOOLEAN = pa.string(), pa.int64(), pa.float64(), pa.bool_()
TIMESTAMP = pa.timestamp("us", tz="UTC")
HASHES = pa.binary(64)  # eight hashes of 64 bits
STRINGS, FLOATS = pa.list_(pa.string()), pa.list_(pa.float64())
FEATURE_TYPES = (FLOAT, STRING, BOOLEAN, TIMESTAMP)
SPLITS = ("train", "val", "test")
SHA256 = re.compile("[0-9a-f]{64}")
FOLD = re.compile("0|[1-9][0-9]?")

Check = Callable[[object], str | None]  # what is wrong with one value, or None


@dataclass(frozen=True)
class Column:
    """A column: its name, Arrow type, whether null is allowed, and what else a value must fulfil.

    An optional column may be absent from a frame: it is then read and written as null.
    """

    name: str
    type: pa.DataType
    nullable: bool = False
    check: Check | None = None
    optional: bool = False


@dataclass(frozen=True)
class Schema:
    """A table: its columns in order, the columns that identify a row, and whether ``x_*`` columns may follow."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("image_id",)
    features: bool = False

    def plus(self, name: str, *columns: Column, key: tuple[str, ...] | None = None) -> "Schema":
        """Return a schema with more columns at the end."""
        return replace(self, name=name, columns=(*self.columns, *columns), key=key or self.key)


def _one_of(*values: str) -> Check:
    return lambda value: None if value in values else f"must be one of {', '.join(values)}"


def _split_or_fold(value: object) -> str | None:
    known = value in SPLITS or FOLD.fullmatch(str(value))
    return None if known else f"must be one of {', '.join(SPLITS)}, or the number of a fold"


def _hex64(value: object) -> str | None:
    return None if SHA256.fullmatch(str(value)) else "must be 64 lower-case hex digits (a SHA-256)"


def _inside(value: object) -> str | None:
    text = str(value)
    parts = text.split("/")
    if text.startswith("/") or "\\" in text or ".." in parts or not set(parts) - {"", "."}:
        return "must be a relative POSIX path that stays in the project"
    return None


IMAGE_ID = Column("image_id", STRING, check=_hex64)
PATH = Column("path", STRING, check=_inside)

INGESTED = Schema(
    "ingested",
    (
        IMAGE_ID,
        PATH,
        Column("label", STRING, nullable=True),
        Column("domain", STRING),
        Column("captured_at", TIMESTAMP, nullable=True),
        Column("group_id", STRING, nullable=True),
        # The user's own split, where the data came with one: train, val, test, or the number of a fold.
        Column("given_split", STRING, nullable=True, check=_split_or_fold, optional=True),
    ),
    key=("image_id", "path"),  # byte-identical files share an image_id until deduplicate has chosen one
    features=True,
)
# Hashes in all orientations, see datatools.fingerprints; one row per distinct file.
FINGERPRINTS = Schema(
    "fingerprints", (IMAGE_ID, Column("phash", HASHES), Column("dhash", HASHES), Column("tile", pa.binary(1024)))
)
DEDUPLICATED = INGESTED.plus("deduplicated", Column("cluster_id", STRING), key=("image_id",))
SPLIT = DEDUPLICATED.plus("split", Column("split", STRING, nullable=True, check=_one_of(*SPLITS)))
PIXELS = Schema("pixels", (IMAGE_ID, PATH))
DERIVED = Schema(
    "derived",
    (
        IMAGE_ID,
        PATH,
        Column("label", STRING, nullable=True),
        Column("domain", STRING),
        Column("cluster_id", STRING),
        Column("split", STRING, check=_one_of("train")),
        Column("parents", STRINGS),
        Column("method", STRING),
        Column("copy", INTEGER),
        Column("target_classes", STRINGS),
        Column("target_probabilities", FLOATS),
    ),
)
PREDICTED = Schema(
    "predicted",
    (
        IMAGE_ID,
        Column("split", STRING, nullable=True, check=_one_of(*SPLITS)),
        Column("domain", STRING),
        Column("label", STRING, nullable=True),
        Column("predicted", STRING),
        Column("probabilities", FLOATS),  # in the order of the model's classes
        Column("loss", FLOAT, nullable=True),  # negative log likelihood of the label, nats
    ),
)
# What ``evaluate`` writes: the answers of the delivered model, and what is known of each image.
JUDGED = PREDICTED.plus(
    "judged",
    PATH,  # the pixels that were read
    Column("captured_at", TIMESTAMP, nullable=True),
    Column("group_id", STRING, nullable=True),
    Column("cluster_id", STRING),
    Column("cluster_size", INTEGER),  # images of that near-duplicate cluster, dropped ones included
    Column("denoised", BOOLEAN),
    Column("imputed", BOOLEAN),  # whether any x_ value of it was filled
    Column("feature_norm", FLOAT),  # L2 norm of the image model's features
)
QUARANTINE = Schema(
    "quarantine",
    (Column("path", STRING), Column("reason", STRING), Column("detail", STRING)),
    key=("path", "reason", "detail"),
)


def read(path: Path, schema: Schema) -> pd.DataFrame:
    """Read a table and check it.

    Raises:
        SchemaError: naming file, column and first bad row.
    """
    if not path.is_file():
        raise SchemaError(f"{path}: is missing; run the stage that makes it: dvc repro")
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SchemaError(f"{path}: is not a Parquet table ({error})") from None
    frame: pd.DataFrame = table.to_pandas()
    check(frame, schema, str(path))
    return _with_optional(frame, schema)


def write(frame: pd.DataFrame, path: Path, schema: Schema) -> None:
    """Check a table, sort it by its key and write it; the same rows always give the same bytes.

    Raises:
        SchemaError: naming file, column and first bad row; nothing is written then.
    """
    check(frame, schema, str(path))
    frame = _with_optional(frame, schema)
    names = [column.name for column in schema.columns]
    extra = sorted(feature_columns(frame)) if schema.features else []
    ordered = frame[[*names, *extra]].sort_values(list(schema.key), kind="stable", ignore_index=True)
    fields = [pa.field(column.name, column.type, column.nullable) for column in schema.columns]
    fields += [pa.field(name, _feature_type(frame[name]), True) for name in extra]
    table = pa.Table.from_pandas(ordered, schema=pa.schema(fields), preserve_index=False).replace_schema_metadata()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    pq.write_table(table, beside)
    beside.replace(path)


def feature_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the tabular features, ``x_*``, in table order."""
    return [str(name) for name in frame.columns if str(name).startswith("x_")]


def check(frame: pd.DataFrame, schema: Schema, where: str) -> None:
    """Raise SchemaError where the table breaks its schema; ``where`` begins the message."""
    declared = {column.name for column in schema.columns}
    missing = [column.name for column in schema.columns if column.name not in frame.columns and not column.optional]
    if missing:
        raise SchemaError(f"{where}: column {missing[0]}: is missing from the table '{schema.name}'")
    features = set(feature_columns(frame)) if schema.features else set()
    unknown = [str(name) for name in frame.columns if name not in declared | features]
    if unknown:
        raise SchemaError(f"{where}: column {unknown[0]}: is not part of the table '{schema.name}'")
    for column in schema.columns:
        if column.name in frame.columns:
            _check_column(frame[column.name], column, where)
    for name in features:
        _feature_type(frame[name], where)
    repeated = frame.duplicated(subset=list(schema.key)).to_numpy()
    if repeated.any():
        row = int(np.argmax(repeated))
        raise SchemaError(
            f"{where}: row {row}: a second row with {', '.join(schema.key)} = {_values(frame, schema, row)}"
        )


def _with_optional(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    absent = [column.name for column in schema.columns if column.name not in frame.columns]
    return frame.assign(**dict.fromkeys(absent)) if absent else frame


def _values(frame: pd.DataFrame, schema: Schema, row: int) -> str:
    return ", ".join(str(frame[name].iloc[row]) for name in schema.key)


def _check_column(values: "pd.Series[Any]", column: Column, where: str) -> None:
    absent = values.isna().to_numpy()
    if absent.any() and not column.nullable:
        row = int(np.argmax(absent))
        raise SchemaError(f"{where}: column {column.name}: row {row}: null is not allowed")
    try:
        pa.Array.from_pandas(values, type=column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError):
        row = _first_unfit(values, column.type)
        raise SchemaError(
            f"{where}: column {column.name}: row {row}: {values.iloc[row]!r} is not of type {column.type}"
        ) from None
    if column.check is not None:
        _check_values(values[~absent], column, where)


def _check_values(values: "pd.Series[Any]", column: Column, where: str) -> None:
    test = column.check or (lambda _: None)
    # As a list: the items of an Arrow array cost more to take one by one than to check.
    wrong = {value: test(value) for value in np.asarray(values.unique(), dtype=object).tolist()}
    if any(wrong.values()):
        row, value = next((row, value) for row, value in values.items() if wrong[value])
        raise SchemaError(f"{where}: column {column.name}: row {row}: {value!r} {wrong[value]}")


def _first_unfit(values: Iterable[object], type_: pa.DataType) -> int:
    for row, value in enumerate(values):
        try:
            pa.array([value], type=type_, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError):
            return row
    return 0


def _feature_type(values: "pd.Series[Any]", where: str = "table") -> pa.DataType:
    """Return the one Arrow type of a feature; an all-missing column without a type counts as float."""
    try:
        found = pa.Array.from_pandas(values).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise SchemaError(f"{where}: column {values.name}: mixes several types; give it one") from None
    if pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_null(found):
        return FLOAT
    if pa.types.is_timestamp(found):
        return TIMESTAMP
    if pa.types.is_string(found) or pa.types.is_large_string(found):
        return STRING
    if pa.types.is_boolean(found):
        return BOOLEAN
    raise SchemaError(f"{where}: column {values.name}: type {found} is none of float, string, bool, timestamp")
