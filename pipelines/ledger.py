"""The ledger on disk, ``reports/experiments.parquet``, and what is made from it: a page and a table."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from datatools import manifest
from datatools.errors import DataError
from datatools.experiment import ledger, markdown, page, wording
from datatools.experiment.comparison import Plan, baseline_level, compare, drawn_anew
from datatools.experiment.design import Design
from pipelines.experiments import AFTER
from pipelines.sandbox import RAW
from pipelines.stage import REPORTS

FILE = REPORTS / "experiments.parquet"
PAGE = REPORTS / "experiments.html"
TABLE = REPORTS / "experiments.md"


def read(path: Path = FILE) -> pd.DataFrame:
    """Return the ledger; an empty one where there is none yet."""
    return manifest.read(path, ledger.LEDGER) if path.exists() else ledger.empty()


def write(rows: pd.DataFrame, path: Path = FILE) -> None:
    """Write the ledger, whole or not at all."""
    manifest.write(rows, path, ledger.LEDGER)


def write_page(design: Design, planned: Plan, metric: str) -> None:
    """Make the page of a design, and its table as Markdown, from the ledger."""
    kept, seeds = read(), len(design.seeds) or 1
    rows = ledger.judged_by(kept, metric)
    lines, baseline = compare(design, planned, rows), baseline_level(planned, rows)
    drawn, left = drawn_anew(planned, rows), len(set(planned) - ledger.ended(kept))
    text = page.render(lines, baseline, rows, metric=metric, seeds=seeds, drawn=drawn, left=left)
    _put(PAGE, text)
    _put(TABLE, f"{wording.headline(lines, metric)}.\n\n{markdown.table(lines, baseline, metric)}\n")


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.part")
    path.parent.mkdir(exist_ok=True)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def data_version(root: Path) -> str:
    """Return DVC's digest of data/raw as ``dvc.lock`` has it.

    Raises:
        DataError: ingest has not run.
    """
    try:
        lock = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))
        deps = lock["stages"]["ingest"]["deps"]
    except (OSError, KeyError, TypeError):
        raise DataError("dvc.lock: has no stage ingest; run: dvc repro ingest") from None
    return next(str(dep["md5"]) for dep in deps if dep["path"] == RAW.as_posix())


def code_version(root: Path) -> str:
    """Return 16 hex digits of all files on which the stages depend and that no stage makes: code, and tables that a person writes."""
    found = hashlib.sha256()
    for path in sorted(_written(root)):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def _written(root: Path) -> set[Path]:
    stages = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    named = {root / dep for name, stage in stages.items() if name not in AFTER for dep in stage["deps"]}
    own = {path for path in named if (root / "data") not in path.parents}
    return {file for path in own for file in _files(path)}


def _files(path: Path) -> Iterable[Path]:
    files = path.rglob("*") if path.is_dir() else [path]
    return (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def results(root: Path, metric: str) -> dict[str, Any]:
    """Return the columns of the ledger that a finished run has left in its checkout; the metric is None where it is not defined."""
    judged = json.loads((root / "data/evaluate/metrics.json").read_text(encoding="utf-8"))
    images = json.dumps(_images(manifest.read(root / "data/split/manifest.parquet", manifest.SPLIT)), sort_keys=True)
    return {**ledger.scored(judged, metric), "metrics": json.dumps(judged, sort_keys=True), "images": images}


def _images(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how many labelled images each split has, and which they are."""
    ids = {name: rows.loc[(rows["split"] == name) & rows["label"].notna(), "image_id"] for name in manifest.SPLITS}
    which = {name: hashlib.sha256("".join(sorted(found)).encode()).hexdigest()[:16] for name, found in ids.items()}
    return {name: len(found) for name, found in ids.items()} | {"which": which}
