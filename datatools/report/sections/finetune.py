"""How training went, and what of it is delivered."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from datatools.page.numbers import count, counted, percent
from datatools.report import chosen, lines, schedule
from datatools.report.axes import Axis
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.lines import Line, Marker


def view(inputs: Inputs) -> Section:
    """Return the section."""
    curves = inputs.curves.sort_values("epoch").reset_index(drop=True)
    metrics = inputs.metrics["finetune"]
    shown = {
        "charts": [*charts(curves, int(metrics["best_epoch"])), *schedule.charts(inputs.candidates)],
        "path": chosen.charts(metrics),
        "facts": facts(inputs.model),
        "gain": chosen.gain(metrics),
        "scratch": chosen.scratch(metrics),
        "rows": chosen.rows(metrics),
    }
    return Section("finetune", "Fine-tuning", _headline(metrics), shown)


def _headline(metrics: Json) -> str:
    trained = f"Trained for {counted(metrics['epochs'], 'epoch')} on {counted(metrics['train_images'], 'image')}"
    derived = f", {count(metrics['derived_images'])} of them made by augmentation" if metrics["derived_images"] else ""
    before, after = percent(metrics["probe_val_accuracy"]), percent(metrics["val_accuracy"])
    if not metrics["alpha"]:
        return f"{trained}{derived}; nothing beat the probe ({before} of val images right), so that was kept."
    return f"{trained}{derived}; what was kept gets {after} of val images right, the probe {before}."


def facts(model: Json) -> list[tuple[str, str]]:
    """Return what was trained and how, as pairs of name and value."""
    settings, size = model["settings"], model["preprocessing"]["size"]
    found = [
        ("backbone", model["backbone"]["name"]),
        ("input", f"{size} × {size} pixels"),
        ("layers", str(settings["strategy"]["method"]).replace("_", " ")),
        ("rate of the head", f"{settings['rate']:g}"),
        ("images per step", f"{settings['batch_size']}"),
    ]
    return [
        *found,
        ("delivered image model", "the fine-tuned model" if model["delivered"] == "finetuned" else "the probe"),
    ]


def charts(curves: pd.DataFrame, best: int) -> list[dict[str, Any]]:
    """Return loss, accuracy and learning rate over the epochs; what was not recorded is left out.

    Args:
        best: the epoch that leads.
    """
    marker = Marker(float(best), "best")
    drawn = [
        ("Loss", ("train_loss", "val_loss"), "loss, nats", None),
        ("Accuracy", ("val_accuracy",), "images right, %", marker),
        ("Learning rate", ("lr",), "learning rate", None),
    ]
    return [
        _chart(curves, title, names, label, marker if title == "Loss" else at)
        for title, names, label, at in drawn
        if _recorded(curves, names)
    ]


def _recorded(curves: pd.DataFrame, names: tuple[str, ...]) -> bool:
    return any(name in curves and curves[name].notna().any() for name in names)


def _chart(
    curves: pd.DataFrame, title: str, names: tuple[str, ...], label: str, marker: Marker | None
) -> dict[str, Any]:
    factor = 100.0 if title == "Accuracy" else 1.0
    drawn = [_line(curves, name, row, factor) for row, name in enumerate(names, 1) if _recorded(curves, (name,))]
    values = np.concatenate([line.y for line in drawn])
    epochs = curves["epoch"].astype(float)
    across = Axis("epoch", float(epochs.min()), float(epochs.max()), whole=True)
    up = Axis(label, *(_tens(values) if title == "Accuracy" else (0.0, float(values.max()) * 1.05 or 1.0)))
    picture: Markup = lines.chart(f"{title} by epoch", drawn, across, up, marker=marker)
    return {
        "title": title,
        "picture": picture,
        "legend": [(line.name, line.style) for line in drawn] if len(drawn) > 1 else [],
    }


def _tens(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the whole tens around percentages, so that a curve is not pressed against the top of its chart."""
    low = max(0.0, float(np.floor(values.min() / 10 - 0.5)) * 10)
    return low, max(low + 10, min(100.0, float(np.ceil(values.max() / 10)) * 10))


def _line(curves: pd.DataFrame, name: str, colour: int, factor: float) -> Line:
    known = curves[curves[name].notna()]
    shown = {"train_loss": "train", "val_loss": "val", "val_accuracy": "val", "lr": "learning rate"}[name]
    return Line(
        shown, known["epoch"].astype(float).tolist(), (known[name] * factor).tolist(), colour, dots=len(known) < 30
    )
