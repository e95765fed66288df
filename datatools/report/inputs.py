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
        curves, candidates, model: of ``finetune``: one row per epoch of what leads, the same of all candidates, and the model's card.
        predictions: of ``evaluate``: columns of ``datatools.manifest.JUDGED``; of the probabilities only ``sure``, that of the answer.
        breakdown, plots, cam: of ``evaluate``: scores of the parts, the tables behind the plots by name (roc, pr, reliability), and
            the index of the Grad-CAM pictures.
        findings, label_errors, learning_curve, embedding, neighbours: of ``diagnose``; ``findings`` has what was found, the likeliest
            cause first, and what passed.
        metrics: ``metrics.json`` of each stage, by its name.
        settings: the settings that each stage ran with, by its name; stages that recorded none are absent.
        versions: of Python and the libraries behind the results.
        digest: names the data; the same inputs have the same digest.
        pictures: how many pictures a gallery holds.
        picture: returns the ``data:`` address of a thumbnail by path, or None where the file cannot be read.
        wide: the same for two pictures side by side.
        sheet: the same for a contact sheet, at its own size.
        card: what the user says of data and model: purpose, owner, licence, limits; empty where nothing is said.
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
    candidates: pd.DataFrame
    model: Json
    predictions: pd.DataFrame
    breakdown: pd.DataFrame
    plots: Mapping[str, pd.DataFrame]
    cam: pd.DataFrame
    findings: Mapping[str, Sequence[Json]]
    label_errors: pd.DataFrame
    learning_curve: pd.DataFrame
    embedding: pd.DataFrame
    neighbours: pd.DataFrame
    metrics: Mapping[str, Json]
    settings: Mapping[str, Json]
    versions: Mapping[str, str]
    digest: str
    title: str
    pictures: int
    picture: Callable[[str], str | None]
    wide: Callable[[str], str | None]
    sheet: Callable[[str], str | None]
    card: Mapping[str, str]


@dataclass(frozen=True)
class Section:
    """One part of the page: its anchor, which is also its template, its title, its result in one line, and what it shows."""

    anchor: str
    title: str
    headline: str
    view: Mapping[str, Any]
