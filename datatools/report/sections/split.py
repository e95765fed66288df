"""How images were divided into train, val and test, and what the audit found."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from datatools.page.numbers import count, counted
from datatools.page.pictures import Picture
from datatools.report.galleries import pictures
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.tables import sizes
from datatools.report.verdict import open_findings

SPLITS = ("train", "val", "test")
MOST = 40


def view(inputs: Inputs) -> Section:
    """Return the section."""
    return Section(
        "split",
        "Split",
        _headline(inputs),
        {
            "classes": crossed(inputs.rows, "label"),
            "domains": crossed(inputs.rows, "domain"),
            "spans": spans(inputs.rows),
            "apart": apart(inputs),
            "open": open_findings(inputs.audit),
            "closed": [item for item in inputs.audit if item not in open_findings(inputs.audit)],
        },
    )


def _headline(inputs: Inputs) -> str:
    sizes = inputs.rows["split"].value_counts()
    parts = ", ".join(f"{count(int(sizes.get(name, 0)))} {name}" for name in SPLITS)
    aside = int(inputs.rows["split"].isna().sum())
    found = open_findings(inputs.audit)
    judged = f"the audit has {counted(len(found), 'finding')}" if found else "every check of the audit passed"
    return f"{_fold(inputs.settings)}{parts}{f', {count(aside)} set aside' if aside else ''}; {judged}."


def _fold(settings: Mapping[str, Json]) -> str:
    folds = settings.get("split", {}).get("strategy", {}).get("folds")
    return f"Fold {folds['fold']} of {folds['count']}, counted from 0: " if folds else ""


def apart(inputs: Inputs) -> list[dict[str, Any]]:
    """Return what a classifier says that tells val and test from train, with the images that give them away, if it can."""
    found = inputs.metrics["probe"].get("adversarial_validation", {})
    return [
        {"says": means[:1].upper() + means[1:], "pictures": _strangest(inputs, split, item)}
        for split, item in sorted(found.items(), reverse=True)
        if (means := str(item["means"]))
    ]


def _strangest(inputs: Inputs, split: str, item: Json) -> list[Picture]:
    if item["auc"]["low"] is None or item["auc"]["low"] <= 0.5:
        return []
    paths = item["strangest"]
    return pictures(inputs, paths, [f"{split} image that looks least like train"] * len(paths))


def crossed(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return images by value of a column and split; the share is of the split, so that rows can be compared."""
    used = rows[rows["split"].notna()].fillna({column: "no label"})
    totals = {split: int((used["split"] == split).sum()) for split in SPLITS}
    counts = dict(sizes(used, column, "split"))
    names = sorted({name for name, _ in counts})
    body = [
        {"name": name, "cells": [_cell(counts.get((name, split), 0), totals[split]) for split in SPLITS]}
        for name in names[:MOST]
    ]
    return {"body": body, "totals": list(totals.values()), "more": max(0, len(names) - MOST)}


def _cell(n: int, total: int) -> dict[str, Any]:
    return {"n": n, "share": n / total if total else 0.0}


def spans(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Return first and last time of capture per split; empty without times."""
    dated = rows.dropna(subset=["captured_at", "split"])
    times = {name: dated.loc[dated["split"] == name, "captured_at"] for name in SPLITS}
    return [
        {"split": name, "first": f"{of.min():%Y-%m-%d}", "last": f"{of.max():%Y-%m-%d}"}
        for name, of in times.items()
        if len(of)
    ]
