"""Stage ``report``: one page of everything, ``reports/index.html``."""

import hashlib
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from datatools import images, manifest
from datatools.errors import DataError, ImageError
from datatools.images import RGB
from datatools.manifest import DERIVED, INGESTED, PIXELS, PREDICTED, QUARANTINE, SPLIT, Schema
from datatools.page import pictures
from datatools.report import page
from datatools.report.closing import PAGE, closing_lines
from datatools.report.inputs import Inputs
from datatools.settings import Settings
from pipelines import params
from pipelines.stage import DATA, guarded, read_json

STAGES = ("ingest", "deduplicate", "denoise", "split", "impute", "probe", "augment", "finetune", "evaluate")
# The tables whose schema floor 0 declares are checked against it; the others are only read, so that no other tool is imported.
TABLES: dict[str, Schema | None] = {
    "ingest/manifest.parquet": INGESTED,
    "ingest/quality.parquet": None,
    "ingest/quarantine.parquet": QUARANTINE,
    "deduplicate/dropped.parquet": None,
    "deduplicate/conflicts.parquet": None,
    "denoise/images.parquet": PIXELS,
    "denoise/estimates.parquet": None,
    "split/manifest.parquet": SPLIT,
    "impute/table.parquet": None,
    "augment/manifest.parquet": DERIVED,
    "augment/lineage.parquet": None,
    "evaluate/predictions.parquet": PREDICTED,
    "evaluate/breakdown.parquet": None,
}
# What the page needs of those: an older version of a stage may have left less.
COLUMNS = {"augment/lineage.parquet": ("image_id", "entry", "settings")}
RECORDS = ("ingest/columns.json", "split/audit.json", "impute/report.json", "finetune/model.json")
CURVES, ROC = "finetune/curves.csv", "evaluate/plots/roc.csv"
SHEET_SIDE, SHEET_LENGTH = 1200, 150_000  # of a contact sheet in the page: pixels, and characters of its address
LIBRARIES = (
    "albumentations",
    "numpy",
    "opencv-python-headless",
    "pandas",
    "scikit-learn",
    "timm",
    "torch",
    "torchvision",
)


class ReportSettings(Settings):
    """Section ``report`` of ``params.yaml``."""

    title: str = Field(default="Transfer learning report", description="The page's title; name your project here.")
    pictures: int = Field(
        default=12,
        ge=1,
        le=200,
        description="Pictures per gallery; fewer make the page smaller, more show rarer cases.",
    )
    thumbnail: int = Field(
        default=128, ge=16, le=1024, description="Longest side of a picture in pixels; raise it where details matter."
    )


def execute() -> None:
    """Read what all stages left, write the page in one piece, and print the result."""
    settings = params.load("report", ReportSettings)
    text = page.render(inputs(settings))
    images.write_bytes(Path(PAGE), text.encode("utf-8"))
    print(closing_lines(read_json(DATA / "evaluate" / "metrics.json")))


def inputs(settings: ReportSettings) -> Inputs:
    """Return all that the page is made of."""
    tables = {name: _table(DATA / name, schema, COLUMNS.get(name, ())) for name, schema in TABLES.items()}
    columns, audit, imputation, model = (read_json(DATA / name) for name in RECORDS)
    files = [DATA / name for name in (*TABLES, *RECORDS, CURVES, ROC)]
    files += [DATA / name / "metrics.json" for name in STAGES]
    return Inputs(
        ingested=tables["ingest/manifest.parquet"],
        quality=tables["ingest/quality.parquet"],
        quarantine=tables["ingest/quarantine.parquet"],
        columns=columns,
        dropped=tables["deduplicate/dropped.parquet"],
        conflicts=tables["deduplicate/conflicts.parquet"],
        pixels=tables["denoise/images.parquet"],
        estimates=tables["denoise/estimates.parquet"],
        rows=tables["split/manifest.parquet"],
        audit=audit,
        completed=tables["impute/table.parquet"],
        imputation=imputation,
        derived=tables["augment/manifest.parquet"],
        lineage=tables["augment/lineage.parquet"],
        curves=_csv(DATA / CURVES),
        model=model,
        predictions=tables["evaluate/predictions.parquet"],
        breakdown=tables["evaluate/breakdown.parquet"],
        roc=_csv(DATA / ROC, text=("class",)),
        metrics={name: read_json(DATA / name / "metrics.json") for name in STAGES},
        settings={name: read_json(path) for name in STAGES if (path := DATA / name / "settings.json").is_file()},
        versions=versions(),
        digest=digest(files),
        title=settings.title,
        pictures=settings.pictures,
        picture=lambda path: picture(path, lambda image: pictures.data_uri(image, settings.thumbnail)),
        sheet=lambda path: picture(path, lambda image: pictures.bounded_uri(image, SHEET_SIDE, SHEET_LENGTH)),
    )


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries on which results depend."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}


def digest(files: Iterable[Path]) -> str:
    """Return 16 hex digits that name the contents of files: the page's stand-in for a date."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]


def picture(path: str, written: Callable[[RGB], str]) -> str | None:
    """Return a file as a ``data:`` address; None where it cannot be read any more."""
    try:
        return written(images.read(Path(path)))
    except ImageError:
        return None


def _table(path: Path, schema: Schema | None, needed: Sequence[str] = ()) -> pd.DataFrame:
    if schema is not None:
        return manifest.read(path, schema)
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except FileNotFoundError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: is not a Parquet table ({error})") from None
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; an older version wrote it, run: dvc repro")
    return frame


def _csv(path: Path, text: tuple[str, ...] = ()) -> pd.DataFrame:
    try:
        # A class may be called "NA" or "1": columns of text are taken as they are.
        return pd.read_csv(path, converters=dict.fromkeys(text, str))
    except FileNotFoundError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None


if __name__ == "__main__":
    guarded("report", execute)
