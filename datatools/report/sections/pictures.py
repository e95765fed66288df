"""The images worth a look: costliest errors, confused pairs, labels in doubt, neighbours of errors, and where the network looked."""

from typing import Any

import pandas as pd

from datatools.page.numbers import counted, decimal, percent
from datatools.page.pictures import Picture
from datatools.report.closing import judged_on
from datatools.report.galleries import picture
from datatools.report.inputs import Inputs, Section
from datatools.report.sections.evaluate import answered, confusions
from datatools.report.tables import paths, records


def view(inputs: Inputs) -> Section:
    """Return the section."""
    split = judged_on(inputs.metrics["evaluate"])
    judged = answered(inputs.predictions, split or "test")
    doubted = counted(len(inputs.label_errors), "label")
    headline = f"{doubted[:1].upper()}{doubted[1:]} in doubt; the images below are the ones to look at first."
    shown = {
        "split": split,
        "costliest": costliest(inputs, judged),
        "pairs": pairs(inputs, judged),
        "doubted": doubted_labels(inputs),
        "neighbours": neighbours(inputs, judged),
        "cam": cam(inputs),
    }
    return Section("pictures", "Pictures", headline, shown)


def costliest(inputs: Inputs, judged: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the wrong answers with the highest loss, as pictures of the pixels that the model saw."""
    wrong = judged[judged["label"] != judged["predicted"]]
    shown = wrong.sort_values(["loss", "image_id"], ascending=[False, True]).head(2 * inputs.pictures)
    return [_answer(inputs, row) for row in records(shown)]


def pairs(inputs: Inputs, judged: pd.DataFrame, most: int = 4, shots: int = 5) -> list[dict[str, Any]]:
    """Return the most confused pairs of classes with their costliest images."""
    found = []
    for pair in confusions(judged, most):
        of = judged[(judged["label"] == pair["label"]) & (judged["predicted"] == pair["predicted"])]
        rows = of.sort_values(["loss", "image_id"], ascending=[False, True]).head(shots)
        found.append({**pair, "pictures": [_answer(inputs, row)["picture"] for row in records(rows)]})
    return found


def _answer(inputs: Inputs, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "picture": picture(inputs, row["path"], f"{row['label']}, taken for {row['predicted']}"),
        "label": row["label"],
        "predicted": row["predicted"],
        "sure": percent(row["sure"], 0),
        "loss": decimal(row["loss"], 1),
        "domain": row["domain"],
    }


def doubted_labels(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the labels that are most likely wrong, by what probes say that never saw the image."""
    shown = records(inputs.label_errors.sort_values("rank").head(2 * inputs.pictures))
    known = paths(inputs.predictions, [row["image_id"] for row in shown])
    return [
        {
            "picture": picture(
                inputs, known[row["image_id"]], f"labelled {row['label']}, looks like {row['suggested']}"
            ),
            "label": row["label"],
            "suggested": row["suggested"],
            "self_confidence": percent(row["self_confidence"], 0),
        }
        for row in shown
        if row["image_id"] in known
    ]


def neighbours(inputs: Inputs, judged: pd.DataFrame) -> list[dict[str, Any]]:
    """Return wrong test images with the train images that look most like them."""
    of = {row["image_id"]: row for row in records(judged[judged["image_id"].isin(inputs.neighbours["image_id"])])}
    ranked = inputs.neighbours.sort_values(["image_id", "rank"])
    first = [name for name in inputs.neighbours["image_id"].drop_duplicates() if name in of]
    order = sorted(first, key=lambda name: (-of[name]["loss"], name))[: inputs.pictures]
    return [
        {**_answer(inputs, of[name]), "nearest": _nearest(inputs, ranked[ranked["image_id"] == name])} for name in order
    ]


def _nearest(inputs: Inputs, rows: pd.DataFrame) -> list[tuple[Picture, str, str]]:
    return [
        (
            picture(inputs, row["neighbour_path"], f"train image of {row['label']}"),
            row["label"],
            decimal(row["similarity"], 2),
        )
        for row in records(rows)
    ]


def cam(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the Grad-CAM pictures, wrong answers first."""
    shown = inputs.cam.sort_values(["kind", "image_id"], ascending=[False, True])
    return [
        {
            "picture": Picture(
                inputs.wide(row["path"]), f"where the network looked for {row['predicted']}", row["path"]
            ),
            "label": row["label"],
            "predicted": row["predicted"],
            "right": row["kind"] == "right",
        }
        for row in records(shown)
    ]
