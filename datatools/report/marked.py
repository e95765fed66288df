"""Scores as rows of marks: overall, per class, and per part of the images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from datatools.page.numbers import decimal, percent
from datatools.report.bars import Row, mark
from datatools.report.inputs import Json
from datatools.report.tables import records

LOOKS = {"probe": "probe", "finetuned": "tuned"}
MOST_ROWS = 40
SHARES = (
    ("accuracy", "accuracy"),
    ("top_3_accuracy", "among the first three"),
    ("balanced_accuracy", "balanced accuracy"),
    ("macro_precision", "macro precision"),
    ("macro_recall", "macro recall"),
    ("macro_f1", "macro F1"),
    ("weighted_f1", "weighted F1"),
    ("macro_roc_auc", "macro ROC AUC"),
    ("macro_pr_auc", "macro PR AUC"),
    ("worst_class_recall", "worst class"),
    ("worst_domain_accuracy", "worst domain"),
)
AMOUNTS = (
    ("log_loss", "log loss, nats"),
    ("brier", "Brier score"),
    ("ece", "calibration error (ECE)"),
    ("ece_scaled", "the same after temperature scaling"),
)


def shares(metrics: Json, split: str) -> list[Row]:
    """Return the overall scores of both models that lie between 0 and 1."""
    tuned = metrics["finetuned"][split]
    return [
        Row(
            _which(name, tuned[key], metrics["probe"][split].get(key, {})),
            None,
            [mark(metrics[model][split][key], look) for model, look in LOOKS.items() if key in metrics[model][split]],
        )
        for key, name in SHARES
        if key in tuned
    ]


def _which(name: str, tuned: Json, probe: Json) -> str:
    """Return the name of a score, with the class or domain that it is of; the probe may be worst at another one."""
    if not tuned.get("name"):
        return name
    other = probe.get("name", tuned["name"])
    return f"{name}: {tuned['name']}" + ("" if other == tuned["name"] else f" (of the probe: {other})")


def amounts(metrics: Json, split: str) -> list[dict[str, Any]]:
    """Return the scores of the probabilities of both models as text; 0 would be perfect."""
    return [
        {"name": name, "cells": [_amount(metrics[model][split].get(key)) for model in LOOKS]}
        for key, name in AMOUNTS
        if key in metrics["finetuned"][split]
    ]


def _amount(score: Json | None) -> dict[str, str]:
    if not score or score["value"] is None:
        return {"value": "–", "ends": ""}
    ends = "" if score.get("low") is None else f"{decimal(score['low'])} to {decimal(score['high'])}"
    return {"value": decimal(score["value"]), "ends": ends}


def per_class(table: pd.DataFrame, split: str) -> list[dict[str, Any]]:
    """Return recall of both models per class as marks, with precision and F1 of the delivered model as text."""
    tuned = table[(table["model"] == "finetuned") & (table["split"] == split) & (table["kind"] == "class")]
    values = {(row["name"], row["metric"]): _known(row["value"]) for row in records(tuned)}
    return [
        {
            "row": row,
            "precision": percent(values.get((row.name, "precision")), 0),
            "f1": decimal(values.get((row.name, "f1")), 2),
        }
        for row in per_name(table, split, "class", "recall")
    ]


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def per_name(table: pd.DataFrame, split: str, kind: str, metric: str) -> list[Row]:
    """Return one row per class or part with a mark for each model, by name; of more than MOST_ROWS the weakest ones, weakest first."""
    part = table[(table["split"] == split) & (table["kind"] == kind) & (table["metric"] == metric)]
    part = part.astype(dict.fromkeys(("value", "low", "high"), object)).where(part.notna(), None)
    scores = {(row["model"], row["name"]): row for row in records(part)}
    rows = [
        _row(name, {model: scores[model, name] for model in LOOKS if (model, name) in scores})
        for name in sorted({name for model, name in scores if model in LOOKS})
    ]
    if len(rows) <= MOST_ROWS:
        return rows
    weakest = sorted(rows, key=lambda row: (row.marks[-1].value is None, row.marks[-1].value))
    return weakest[:MOST_ROWS]


def hidden(table: pd.DataFrame, split: str, kind: str) -> int:
    """Return how many classes or parts are not shown."""
    return max(0, table.loc[(table["split"] == split) & (table["kind"] == kind), "name"].nunique() - MOST_ROWS)


def _row(name: str, scores: Mapping[str, Json]) -> Row:
    return Row(
        name,
        max(int(score["n"]) for score in scores.values()),
        [mark(score, LOOKS[model]) for model, score in scores.items()],
    )
