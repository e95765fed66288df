"""The floors: what linear probes on frozen features, and on the table, reach without any fine-tuning."""

from typing import Any

from datatools.page.numbers import counted, percent
from datatools.report.bars import Row, mark
from datatools.report.inputs import Inputs, Json, Section

FLOORS = (
    ("majority", "most frequent class", "floor"),
    ("table", "table alone", "probe"),
    ("image", "image alone", "probe"),
    ("image_and_table", "image and table", "probe"),
)


def view(inputs: Inputs) -> Section:
    """Return the section."""
    metrics = inputs.metrics["probe"]
    split = next((name for name in ("test", "val") if _score(metrics, "image", name)["value"] is not None), None)
    rows = floors(metrics, split) if split else []
    shown = {"rows": rows, "split": split, "chosen": chosen(metrics), "tabular": "table" in metrics}
    return Section("probe", "Linear probe", _headline(metrics, split), shown)


def _headline(metrics: Json, split: str | None) -> str:
    if split is None:
        return "No labelled val or test image to judge the probe by."
    image, majority = (_score(metrics, name, split) for name in ("image", "majority"))
    return (
        f"A linear classifier on frozen features gets {percent(image['value'])} of {counted(image['n'], f'{split} image')} right"
        f" ({percent(majority['value'])} by the most frequent class): the floor that fine-tuning has to beat."
    )


def floors(metrics: Json, split: str) -> list[Row]:
    """Return the accuracy of each floor with its interval; without tabular features there are two."""
    return [Row(name, None, [mark(_score(metrics, key, split), look)]) for key, name, look in FLOORS if key in metrics]


def chosen(metrics: Json) -> list[dict[str, Any]]:
    """Return the strength of the penalty that the val images chose for each probe."""
    return [
        {"name": name, "value": f"{metrics[key]['regularisation']:g}"}
        for key, name, _ in FLOORS
        if "regularisation" in metrics.get(key, {})
    ]


def _score(metrics: Json, floor: str, split: str) -> Json:
    score: Json = metrics[floor][f"{split}_accuracy"]
    return score
