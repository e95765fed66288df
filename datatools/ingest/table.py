"""Layout: a table (CSV, TSV or Parquet) whose columns are mapped to what the toolkit needs."""

import csv
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from datatools.errors import DataError
from datatools.ingest import columns, given_split
from datatools.ingest.columns import Inferred, Kind
from datatools.ingest.listing import Listing, Refusal
from datatools.settings import Settings


class Mapped(Settings):
    """Which column of the table says what."""

    path: str = Field(default="path", description="Column with the image's path, relative to the folder `images`.")
    label: str | None = Field(default="label", description="Column with the class; null if no image has one.")
    domain: str | None = Field(default=None, description="Column with source, device, style or site.")
    captured_at: str | None = Field(default=None, description="Column with the date, for the temporal split.")
    group: str | None = Field(
        default=None, description="Column whose equal values must stay in one split: patient, product, site."
    )

    split: str | None = Field(
        default=None,
        description="Column with the split that the data came with: train, val, test, or numbers of folds; "
        "used by split.strategy predefined alone.",
    )

    def used(self) -> list[str]:
        """Return the names of the columns that are mapped."""
        mapped = (self.path, self.label, self.domain, self.captured_at, self.group, self.split)
        return [name for name in mapped if name is not None]


class Table(Settings):
    """Images anywhere below ``data/raw``, described by one table there."""

    method: Literal["table"] = Field(default="table", description="Images anywhere, described by one table.")
    file: str = Field(default="metadata.csv", description="The table, relative to data/raw: .csv, .tsv or .parquet.")
    images: str = Field(default=".", description="Folder below data/raw to which the table's paths are relative.")
    columns: Mapped = Field(default=Mapped(), description="Which column says what.")
    features: tuple[str, ...] = Field(
        default=(), description="Columns to use as tabular features; never one that is made from the label."
    )
    types: dict[str, Kind] = Field(
        default={}, description="Column types where the inferred one is wrong, such as {zip_code: string}."
    )
    missing: tuple[str, ...] = Field(
        default=("", "NA", "N/A", "NaN", "nan", "null", "None"),
        description="Texts that mean: no value. In the columns of path, label, domain and group only an empty cell does.",
    )
    day_first: bool | None = Field(
        default=None, description="How to read 03/04/2020: true = 3 April, null = decide from the column."
    )

    def list_images(self, files: Sequence[str], raw: Path) -> Listing:
        """Return what the table says of ``files``, POSIX paths relative to ``raw``.

        Raises:
            DataError: the table is missing, cannot be read, lacks a column, or has ambiguous dates.
        """
        source = raw / self.file
        texts = self._texts(source)
        try:
            rows, inferred = self._parsed(texts)
        except DataError as error:
            raise DataError(f"{source}: {error}") from None
        kept, refused = _matched(rows, [file for file in files if file != self.file], self.images)
        unused = sorted(set(texts.columns) - set(self.columns.used()) - set(self.features))
        return Listing(kept, refused, inferred, unused)

    def _texts(self, source: Path) -> pd.DataFrame:
        table = read_texts(source)
        for name in [*self.columns.used(), *self.features, *self.types]:
            if name not in table.columns:
                found = ", ".join(map(str, table.columns))
                raise DataError(f"{source}: has no column {name!r} (ingest.layout); its columns: {found}")
        # "None" or "NA" may well be the name of a class; of a date or a feature it never is.
        mapped = self.columns
        names = {mapped.path, mapped.label, mapped.domain, mapped.group, mapped.split} - set(self.features)
        return pd.DataFrame(
            {name: columns.blank(table[name], ("",) if name in names else self.missing) for name in table.columns}
        )

    def _parsed(self, texts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Inferred]]:
        mapped = self.columns
        rows = pd.DataFrame({"file": texts[mapped.path]})
        for target, name in (("label", mapped.label), ("domain", mapped.domain), ("group_id", mapped.group)):
            rows[target] = texts[name] if name else None
        rows["given_split"] = given_split.parsed(texts[mapped.split]) if mapped.split else None
        rows["domain"] = rows["domain"].astype("string").fillna("unknown" if mapped.domain else "default")
        as_text: dict[str, Kind] = dict.fromkeys(mapped.used(), "string")
        forced = as_text | dict(self.types)
        if mapped.captured_at:
            forced[mapped.captured_at] = "timestamp"
        parsed = {name: columns.convert(texts[name], forced.get(name), self.day_first) for name in texts.columns}
        rows["captured_at"] = parsed[mapped.captured_at][0] if mapped.captured_at else pd.NaT
        for name in self.features:
            rows[f"x_{name}"] = parsed[name][0]
        return rows, {name: inferred for name, (_, inferred) in parsed.items()}


def read_texts(source: Path) -> pd.DataFrame:
    """Read a table with every cell as text; null where Parquet has null.

    Raises:
        DataError: naming the file and what is wrong with it.
    """
    if not source.is_file():
        raise DataError(
            f"{source}: is missing; set ingest.layout.file, or choose a folder layout (ingest.layout.method)"
        )
    try:
        if source.suffix == ".parquet":
            frame = pd.read_parquet(source)
            return pd.DataFrame({name: _column_as_text(frame[name]) for name in frame.columns})
        return _read_delimited(source)
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except (ValueError, OSError, csv.Error) as error:
        raise DataError(f"{source}: cannot be read as a table ({error})") from None


def _read_delimited(source: Path) -> pd.DataFrame:
    with source.open(encoding="utf-8-sig") as stream:
        head = stream.readline()
    mark = "\t" if source.suffix == ".tsv" else max(",;\t", key=head.count)
    frame = pd.read_csv(source, sep=mark, dtype="string", keep_default_na=False, encoding="utf-8-sig", header=None)
    # Read without a header and renamed here: a header that is one field short would silently shift all columns by one.
    titles = frame.iloc[0]
    if titles.isna().any() or (titles == "").any():
        raise DataError(
            f"{source}: column {int((titles.isna() | (titles == '')).argmax()) + 1} has no name; name every column"
        )
    return frame.iloc[1:].set_axis([str(title) for title in titles], axis=1).reset_index(drop=True)


def _column_as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return column.map(_as_text, na_action="ignore").astype("string")


def _as_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)  # an integer column with gaps comes as floats: 3.0 is label "3"


def _matched(rows: pd.DataFrame, files: Sequence[str], images: str) -> tuple[pd.DataFrame, list[Refusal]]:
    """Join rows and files; each row or file without a partner, and each repeated row, is refused with its reason."""
    # The same name can be typed composed or decomposed (macOS): compare one form, keep the file's own.
    present = {unicodedata.normalize("NFC", file): file for file in files}
    written = rows["file"].fillna("")
    wanted = [_joined(images, text) for text in written]
    rows = rows.assign(file=pd.Series([present.get(path or "") for path in wanted], index=rows.index, dtype="string"))
    rows["written"] = written
    refused = [
        _refused_row(text, path) for text, path in zip(written, wanted, strict=True) if present.get(path or "") is None
    ]
    rows = rows[rows["file"].notna()]
    rows, repeated = _without_repeats(rows)
    described = set(rows["file"]) | {refusal.path for refusal in repeated}
    orphans = [
        Refusal(file, "no_row", "lies in the folder but the table has no row for it")
        for file in files
        if file not in described
    ]
    return rows.drop(columns="written").reset_index(drop=True), [*refused, *repeated, *orphans]


def _joined(images: str, written: str) -> str | None:
    path = PurePosixPath(images, unicodedata.normalize("NFC", written.replace("\\", "/")))
    leaves = path.is_absolute() or ".." in path.parts
    return None if leaves or not written else path.as_posix()


def _refused_row(written: str, path: str | None) -> Refusal:
    if not written:
        return Refusal("(no path)", "no_file", "a row of the table has no path")
    if path is None:
        return Refusal(written, "outside", "the row's path leaves data/raw")
    return Refusal(path, "no_file", "the table has a row for it but there is no such file")


def _without_repeats(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Refusal]]:
    repeats = rows[rows["file"].duplicated(keep=False)]
    if repeats.empty:
        return rows, []
    distinct = repeats.drop(columns="written").drop_duplicates()
    contradictory = set(distinct["file"][distinct["file"].duplicated()])
    refused = [
        Refusal(file, "contradictory_rows", f"{count} rows of the table say different things about it")
        if file in contradictory
        else Refusal(file, "duplicate_row", f"{count} equal rows; one is used")
        for file, count in Counter(repeats["file"].astype(str)).items()
    ]
    return rows[~rows["file"].isin(contradictory)].drop_duplicates("file"), refused
