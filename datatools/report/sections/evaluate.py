"""How the models answered: scores, classes, confusions, curves, and how far their probabilities can be trusted."""

from typing import Any

import pandas as pd

from datatools.page.numbers import count, counted, percent
from datatools.report import by_class, heat, marked, reliability
from datatools.report.closing import judged_on, legend
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.tables import sizes


def view(inputs: Inputs) -> Section:
    """Return the section; without labelled images it says so."""
    metrics, split = inputs.metrics["evaluate"], judged_on(inputs.metrics["evaluate"])
    if split is None:
        return Section("evaluate", "Evaluation", "No labelled val or test image to judge by.", {"split": None})
    judged = answered(inputs.predictions, split)
    matrix = heat.matrix(judged)
    shown = {
        "split": split,
        "model": legend(metrics),
        "averages": marked.shares(metrics, split),
        "amounts": marked.amounts(metrics, split),
        "table": metrics.get("fusion", {}).get(split),
        "robust": robust(metrics, split),
        "matrix": heat.table(matrix),
        "drawn": heat.drawn(matrix),
        "unshown": matrix.hidden,
        "confusions": confusions(judged),
        "curves": [one for kind in (by_class.ROC, by_class.PR) if (one := by_class.drawn(inputs, split, kind))],
        "reliability": reliability.drawn(inputs.plots["reliability"]),
        "calibration": reliability.told(metrics, split),
        "classes": marked.per_class(inputs.breakdown, split),
        "hidden": marked.hidden(inputs.breakdown, split, "class"),
        "independence": independence(metrics, split),
    }
    return Section("evaluate", "Evaluation", _headline(judged, split), shown)


def answered(predictions: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the predictions of a split's labelled images."""
    return predictions[(predictions["split"] == split) & predictions["label"].notna()]


def _headline(judged: pd.DataFrame, split: str) -> str:
    wrong = int((judged["label"] != judged["predicted"]).sum())
    return f"{counted(wrong, 'error')} of the delivered model on {counted(len(judged), f'{split} image')}."


def confusions(judged: pd.DataFrame, most: int = 6) -> list[dict[str, Any]]:
    """Return the most frequent confusions: true label, answer, how often, and the share of the label's images."""
    images = judged["label"].value_counts()
    found = sizes(judged[judged["label"] != judged["predicted"]], "label", "predicted")[:most]
    return [
        {"label": label, "predicted": predicted, "n": n, "share": percent(n / int(images[label]), 0)}
        for (label, predicted), n in found
    ]


def robust(metrics: Json, split: str) -> dict[str, Any] | None:
    """Return the accuracies under attack with the size of the attack in grey levels of 255; None where nothing was attacked."""
    found = metrics.get("robust", {}).get(split)
    if not found:
        return None
    names = (("fgsm_accuracy", "FGSM"), ("pgd_accuracy", "PGD-20"))
    return {
        "n": count(found["n"]),
        "levels": f"{found['epsilon'] * 255:.3g}",
        "scores": [(name, found[key]) for key, name in names if key in found],
    }


def independence(metrics: Json, split: str) -> str:
    """Return what the intervals take to be independent of each other, as a sentence."""
    found = metrics.get("intervals", {}).get(split, {})
    if found.get("resampled") == "groups":
        number = f"{count(found['groups'])} groups of {count(found['images'])} images"
        return (
            f"Intervals take {number} as independent: near-duplicates, and what one subject gave, count as one witness."
        )
    return "Intervals treat images as independent; where several images show one thing, the true ones are wider."
