"""How the models answered: confusions, curves, classes, domains, and the errors made with most confidence."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from datatools.page.numbers import counted, decimal, percent
from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.bars import Row, mark
from datatools.report.closing import judged_on
from datatools.report.galleries import picture
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.lines import Line
from datatools.report.tables import records, sizes

LOOKS = {"probe": "probe", "finetuned": "tuned"}
MOST_IN_MATRIX, MOST_COLOURS, MOST_ROWS = 24, 8, 40
AVERAGES = (
    ("accuracy", "accuracy"),
    ("balanced_accuracy", "balanced accuracy"),
    ("macro_precision", "macro precision"),
    ("macro_recall", "macro recall"),
    ("macro_f1", "macro F1"),
    ("macro_roc_auc", "macro ROC AUC"),
)


def view(inputs: Inputs) -> Section:
    """Return the section; without labelled images it says so."""
    split = judged_on(inputs.metrics["evaluate"])
    if split is None:
        return Section("evaluate", "Evaluation", "No labelled val or test image to judge by.", {"split": None})
    judged = inputs.predictions[(inputs.predictions["split"] == split) & inputs.predictions["label"].notna()]
    return Section(
        "evaluate",
        "Evaluation",
        _headline(judged, split),
        {
            "split": split,
            "averages": averages(inputs.metrics["evaluate"], split),
            "losses": losses(inputs.metrics["evaluate"], split),
            "table": inputs.metrics["evaluate"].get("fusion", {}).get(split),
            "matrix": matrix(judged),
            "confusions": confusions(judged),
            "roc": roc(inputs, split),
            "classes": per_class(inputs.breakdown, split),
            "hidden": {kind: hidden(inputs.breakdown, split, kind) for kind in ("class", "domain")},
            "domains": per_name(inputs.breakdown, split, "domain", "accuracy"),
            "errors": errors(inputs, judged),
        },
    )


def _headline(judged: pd.DataFrame, split: str) -> str:
    wrong = int((judged["label"] != judged["predicted"]).sum())
    return f"{counted(wrong, 'error')} of the fine-tuned model on {counted(len(judged), f'{split} image')}."


def averages(metrics: Json, split: str) -> list[Row]:
    """Return the overall scores of both models."""
    return [
        Row(
            name,
            None,
            [mark(metrics[model][split][key], look) for model, look in LOOKS.items() if key in metrics[model][split]],
        )
        for key, name in AVERAGES
        if key in metrics["finetuned"][split]
    ]


def losses(metrics: Json, split: str) -> list[dict[str, str]]:
    """Return the log losses of both models as text, since they lie on no scale from 0 to 1."""
    found = [
        (name, metrics[model][split].get("log_loss"))
        for model, name in (("probe", "linear probe"), ("finetuned", "fine-tuned"))
    ]
    return [
        {"name": name, "value": decimal(score["value"]), "ends": f"{decimal(score['low'])} to {decimal(score['high'])}"}
        for name, score in found
        if score
    ]


def matrix(judged: pd.DataFrame) -> dict[str, Any] | None:
    """Return the confusion matrix, rows true and columns predicted, or None where it has too many classes to be read."""
    names = sorted({*judged["label"], *judged["predicted"]})
    if len(names) > MOST_IN_MATRIX:
        return None
    table = pd.crosstab(judged["label"], judged["predicted"]).reindex(index=names, columns=names, fill_value=0)
    totals = table.sum(axis=1)
    return {
        "names": names,
        "tall": len(names) > 8 or max(map(len, names)) > 12,
        "rows": [
            {
                "name": name,
                "n": int(totals[name]),
                "cells": [
                    {
                        "n": int(table.loc[name, other]),
                        "share": table.loc[name, other] / max(totals[name], 1),
                        "right": name == other,
                        "name": other,
                    }
                    for other in names
                ],
            }
            for name in names
        ],
    }


def confusions(judged: pd.DataFrame, most: int = 6) -> list[dict[str, Any]]:
    """Return the most frequent confusions: true label, answer, how often, and the share of the label's images."""
    images = judged["label"].value_counts()
    found = sizes(judged[judged["label"] != judged["predicted"]], "label", "predicted")[:most]
    return [
        {"label": label, "predicted": predicted, "n": n, "share": percent(n / int(images[label]), 0)}
        for (label, predicted), n in found
    ]


def roc(inputs: Inputs, split: str) -> dict[str, Any] | None:
    """Return the ROC curves of the fine-tuned model with their areas; with many classes the weakest are in colour."""
    table = inputs.breakdown
    areas = table[
        (table["model"] == "finetuned")
        & (table["split"] == split)
        & (table["metric"] == "roc_auc")
        & table["value"].notna()
    ]
    weakest = areas.sort_values(["value", "name"])["name"].tolist()
    if not weakest or inputs.roc.empty:
        return None
    coloured = sorted(weakest) if len(weakest) <= MOST_COLOURS else weakest[:MOST_COLOURS]
    colours = {name: row for row, name in enumerate(coloured, 1)}
    drawn = [
        Line(str(name), curve["fpr"].tolist(), curve["tpr"].tolist(), colours.get(str(name), 0))
        for name, curve in inputs.roc.groupby("class")
    ]
    drawn.sort(key=lambda line: (line.colour > 0, line.colour))
    across, up = Axis("false positive rate", 0.0, 1.0), Axis("true positive rate", 0.0, 1.0)
    of = {row["name"]: row for row in records(areas)}
    return {
        "picture": lines.chart("ROC of each class against the rest", drawn, across, up, diagonal=True),
        "legend": [{"name": line.name, "style": line.style, **_area(of[line.name])} for line in drawn if line.colour],
        "more": len(drawn) - len(coloured),
    }


def _area(row: Json) -> dict[str, str]:
    return {"value": decimal(row["value"]), "ends": f"{decimal(row['low'])} to {decimal(row['high'])}"}


def hidden(table: pd.DataFrame, split: str, kind: str) -> int:
    """Return how many classes or domains are not shown."""
    return max(0, table.loc[(table["split"] == split) & (table["kind"] == kind), "name"].nunique() - MOST_ROWS)


def per_class(table: pd.DataFrame, split: str) -> list[dict[str, Any]]:
    """Return recall of both models per class as marks, with precision and F1 of the fine-tuned model as text."""
    tuned = table[(table["model"] == "finetuned") & (table["split"] == split) & (table["kind"] == "class")]
    values = {(row["name"], row["metric"]): _known(row["value"]) for row in records(tuned)}
    return [
        {
            "row": row,
            "precision": percent(values[row.name, "precision"], 0),
            "f1": decimal(values[row.name, "f1"], 2),
        }
        for row in per_name(table, split, "class", "recall")
    ]


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def per_name(table: pd.DataFrame, split: str, kind: str, metric: str) -> list[Row]:
    """Return one row per class or domain with a mark for each model, by name; of more than MOST_ROWS the weakest ones, weakest first."""
    part = table[(table["split"] == split) & (table["kind"] == kind) & (table["metric"] == metric)]
    part = part.astype(dict.fromkeys(("value", "low", "high"), object)).where(part.notna(), None)
    scores = {(row["model"], row["name"]): row for row in records(part)}
    rows = [
        _row(name, {model: scores[model, name] for model in LOOKS if (model, name) in scores})
        for name in sorted(set(part["name"]))
    ]
    if len(rows) <= MOST_ROWS:
        return rows
    weakest = sorted(rows, key=lambda row: (row.marks[-1].value is None, row.marks[-1].value))
    return weakest[:MOST_ROWS]


def _row(name: str, scores: Mapping[str, Json]) -> Row:
    return Row(
        name,
        max(int(score["n"]) for score in scores.values()),
        [mark(score, LOOKS[model]) for model, score in scores.items()],
    )


def errors(inputs: Inputs, judged: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the errors that the model was surest of, as pictures of the pixels that it saw."""
    sure = judged["probabilities"].map(max).astype(float)
    wrong = judged.assign(sure=sure)[judged["label"] != judged["predicted"]]
    shown = wrong.sort_values(["sure", "image_id"], ascending=[False, True]).head(2 * inputs.pictures)
    paths = inputs.pixels.set_index("image_id")["path"]
    return [
        {
            "picture": picture(inputs, paths[row["image_id"]], f"{row['label']}, taken for {row['predicted']}"),
            "label": row["label"],
            "predicted": row["predicted"],
            "sure": percent(row["sure"], 0),
            "domain": row["domain"],
        }
        for row in records(shown)
    ]
