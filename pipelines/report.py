"""Stage ``report``: one page of everything, ``reports/index.html``, and the cards of data and model beside it."""

import hashlib
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import Field

from datatools import images, manifest
from datatools.errors import DataError, ImageError
from datatools.images import RGB
from datatools.manifest import DERIVED, INGESTED, JUDGED, PIXELS, QUARANTINE, SPLIT, Schema
from datatools.page import pictures
from datatools.report import datasheet, model_card, page
from datatools.report.closing import PAGE, closing_lines
from datatools.report.inputs import Inputs
from datatools.settings import Settings
from pipelines import params
from pipelines.stage import DATA, guarded, read_json

STAGES = ("ingest", "deduplicate", "denoise", "split", "impute", "probe", "augment", "finetune", "evaluate", "diagnose")
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
    "evaluate/breakdown.parquet": None,
    "evaluate/cam/index.parquet": None,
    "diagnose/label_errors.parquet": None,
    "diagnose/embedding.parquet": None,
    "diagnose/neighbours.parquet": None,
}
PREDICTIONS, PROBABILITIES = "evaluate/predictions.parquet", "probabilities"
# What the page needs of those: an older version of a stage may have left less.
COLUMNS = {"augment/lineage.parquet": ("image_id", "entry", "settings")}
RECORDS = (
    "ingest/columns.json",
    "split/audit.json",
    "impute/report.json",
    "finetune/model.json",
    "diagnose/findings.json",
)
LISTS = {
    "curves": "finetune/curves.csv",
    "candidates": "finetune/candidates.csv",
    "learning_curve": "diagnose/learning_curve.csv",
}
PLOTS = ("roc", "pr", "reliability")
SHEET_SIDE, SHEET_LENGTH = 1200, 150_000  # of a contact sheet in the page: pixels, and characters of its address
DATA_CARD, MODEL_CARD = "reports/data_card.md", "reports/model_card.md"
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


class CardSettings(Settings):
    """What only you can say of data and model."""

    purpose: str = Field(default="", description="What data and model are for, in a sentence; empty: not stated.")
    owner: str = Field(default="", description="Who answers for them, and how to reach them; empty: not stated.")
    licence: str = Field(default="", description="Under which terms the data may be used; empty: not stated.")
    limits: str = Field(default="", description="What they are not for, and who could be harmed; empty: not stated.")


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
    card: CardSettings = Field(
        default=CardSettings(), description="Your own words in the data card and the model card, reports/*.md."
    )


def execute() -> None:
    """Read what all stages left, write the page and the cards, each in one piece, and print the result."""
    found = inputs(params.load("report", ReportSettings))
    texts = {PAGE: page.render(found), DATA_CARD: datasheet.card(found), MODEL_CARD: model_card.card(found)}
    for path, text in texts.items():
        images.write_bytes(Path(path), text.encode("utf-8"))
    print(closing_lines(read_json(DATA / "evaluate" / "metrics.json")))


def inputs(settings: ReportSettings) -> Inputs:
    """Return all that page and cards are made of."""
    tables = {name: _table(DATA / name, schema, COLUMNS.get(name, ())) for name, schema in TABLES.items()}
    columns, audit, imputation, model, findings = (read_json(DATA / name) for name in RECORDS)
    lists = {name: _csv(DATA / file) for name, file in LISTS.items()}
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
        model=model,
        predictions=judged(DATA / PREDICTIONS),
        breakdown=tables["evaluate/breakdown.parquet"],
        plots={name: _csv(_plot(name), text=("class",)) for name in PLOTS},
        cam=tables["evaluate/cam/index.parquet"],
        findings=findings,
        label_errors=tables["diagnose/label_errors.parquet"],
        embedding=tables["diagnose/embedding.parquet"],
        neighbours=tables["diagnose/neighbours.parquet"],
        metrics={name: read_json(DATA / name / "metrics.json") for name in STAGES},
        settings={name: read_json(path) for name in STAGES if (path := DATA / name / "settings.json").is_file()},
        versions=versions(),
        digest=digest(_files()),
        title=settings.title,
        pictures=settings.pictures,
        card=settings.card.model_dump(),
        curves=lists["curves"],
        candidates=lists["candidates"],
        learning_curve=lists["learning_curve"],
        **_shown(settings.thumbnail),
    )


def judged(path: Path) -> pd.DataFrame:
    """Return the predictions without the probabilities, of which only ``sure`` stays, that of the answer: they are most of the table."""
    columns = tuple(column for column in JUDGED.columns if column.name != PROBABILITIES)
    frame = _table(path, None, [column.name for column in JUDGED.columns], but=PROBABILITIES)
    manifest.check(frame, replace(JUDGED, columns=columns), str(path))
    batches = pq.ParquetFile(path).iter_batches(columns=[PROBABILITIES])
    return frame.assign(sure=np.concatenate([np.empty(0), *(_largest(batch.column(0)) for batch in batches)]))


def _largest(lists: pa.ListArray) -> NDArray[np.float64]:
    """Return the largest value of each list; none is empty."""
    starts = np.asarray(lists.offsets)[:-1] - lists.offsets[0].as_py()
    return np.asarray(np.maximum.reduceat(np.asarray(lists.flatten()), starts), dtype=np.float64)


def _plot(name: str) -> Path:
    return DATA / "evaluate" / "plots" / f"{name}.csv"


def _files() -> list[Path]:
    named = [DATA / name for name in (*TABLES, PREDICTIONS, *RECORDS, *LISTS.values())]
    return [*named, *map(_plot, PLOTS), *(DATA / name / "metrics.json" for name in STAGES)]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries on which results depend."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}


def digest(files: Iterable[Path]) -> str:
    """Return 16 hex digits that name the contents of files: the page's stand-in for a date."""
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()[:16]


def picture(path: str, written: Callable[[RGB], str]) -> str | None:
    """Return a file as a ``data:`` address; None where it cannot be read any more."""
    try:
        return written(images.read(Path(path)))
    except ImageError:
        return None


def _shown(side: int) -> dict[str, Any]:
    """Return how pictures get into the page: thumbnails, pairs of them, contact sheets. What is shown twice is read once."""
    sides: Mapping[str, Callable[[RGB], str]] = {
        "picture": lambda image: pictures.data_uri(image, side),
        "wide": lambda image: pictures.data_uri(image, 3 * side),
        "sheet": lambda image: pictures.bounded_uri(image, SHEET_SIDE, SHEET_LENGTH),
    }
    return {name: cache(partial(picture, written=written)) for name, written in sides.items()}


def _table(path: Path, schema: Schema | None, needed: Sequence[str] = (), but: str = "") -> pd.DataFrame:
    """Read a table; without a schema only the columns in ``needed`` are asked for. ``but``: a column that is left in the file."""
    if schema is not None:
        return manifest.read(path, schema)
    try:
        names = pq.read_schema(path).names
        frame: pd.DataFrame = pq.read_table(path, columns=[name for name in names if name != but]).to_pandas()
    except FileNotFoundError:
        raise DataError(f"{path}: is missing; run the stage that makes it: dvc repro") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: is not a Parquet table ({error})") from None
    lacking = [name for name in needed if name not in names]
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
