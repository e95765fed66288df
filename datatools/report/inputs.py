"""What the page is made of: the tables, figures and settings that the stages left, read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Inputs:
    """All inputs of the page. Tables keep the columns of the stage that wrote them.

    Attributes:
        ingested, quality, quarantine, columns: of ``ingest``.
        dropped, conflicts: of ``deduplicate``.
        pixels, estimates: of ``denoise``; ``pixels`` says which file holds the pixels of an image.
        rows, audit: manifest and findings of ``split``.
        completed, imputation: table and report of ``impute``.
        derived, lineage: of ``augment``: manifest of the derived images, and by which entry of the policy each was made.
        curves, model: of ``finetune``: one row per epoch, and the card of the model.
        predictions, breakdown, roc: of ``evaluate``.
        metrics: ``metrics.json`` of each stage, by its name.
        settings: the settings that each stage ran with, by its name; stages that recorded none are absent.
        versions: of Python and the libraries behind the results.
        digest: names the data; the same inputs have the same digest.
        pictures: how many pictures a gallery holds.
        picture: returns the ``data:`` address of a thumbnail by path, or None where the file cannot be read.
        sheet: the same for a contact sheet, at its own size.
    """

    ingested: pd.DataFrame
    quality: pd.DataFrame
    quarantine: pd.DataFrame
    columns: Json
    dropped: pd.DataFrame
    conflicts: pd.DataFrame
    pixels: pd.DataFrame
    estimates: pd.DataFrame
    rows: pd.DataFrame
    audit: Sequence[Json]
    completed: pd.DataFrame
    imputation: Json
    derived: pd.DataFrame
    lineage: pd.DataFrame
    curves: pd.DataFrame
    model: Json
    predictions: pd.DataFrame
    breakdown: pd.DataFrame
    roc: pd.DataFrame
    metrics: Mapping[str, Json]
    settings: Mapping[str, Json]
    versions: Mapping[str, str]
    digest: str
    title: str
    pictures: int
    picture: Callable[[str], str | None]
    sheet: Callable[[str], str | None]


@dataclass(frozen=True)
class Section:
    """One part of the page: its anchor, which is also its template, its title, its result in one line, and what it shows."""

    anchor: str
    title: str
    headline: str
    view: Mapping[str, Any]
