"""Which candidate was delivered: the line from the probe to the fine-tuned average, the candidates, and the network without pretraining."""

from collections.abc import Sequence
from typing import Any

from datatools.page.candidates import name
from datatools.page.numbers import counted, decimal, join, p_value, percent, points
from datatools.report import lines
from datatools.report.axes import Axis
from datatools.report.inputs import Json
from datatools.report.lines import Line, Marker


def rows(metrics: Json) -> list[dict[str, str]]:
    """Return the lines of the table: the probe, each candidate's best epoch, the average of the best epochs, and what is delivered."""
    last = metrics["path"][-1]
    found = [_row("the probe", metrics["probe_val_accuracy"], metrics["probe_val_loss"])]
    for candidate, run in metrics["candidates"].items():
        epochs = f"epoch {run['best_epoch']} of {run['epochs']}"
        found.append(_row(name(candidate), run["val_accuracy"], run["val_loss"], epochs, _in_soup(run["in_soup"])))
    if len(metrics["path"]) > 1:
        found.append(_row("average of the best epochs", last["val_accuracy"], last["val_loss"]))
    return [*found, _row("delivered", metrics["val_accuracy"], metrics["val_loss"], _place(metrics))]


def _row(title: str, accuracy: float, loss: float, note: str = "", soup: str = "") -> dict[str, str]:
    return {"name": title, "accuracy": percent(accuracy), "loss": decimal(loss), "note": note, "soup": soup}


def _in_soup(epochs: Sequence[int]) -> str:
    return join([str(epoch) for epoch in epochs]) if epochs else "none"


def _place(metrics: Json) -> str:
    alpha = metrics["alpha"]
    if alpha in {0, 1}:
        return "the average itself" if alpha else "the probe itself"
    return f"{percent(alpha, 0)} of the way from the probe to the average"


def gain(metrics: Json) -> str:
    """Return by how much the delivered model is ahead of the probe on val, with the interval, as a sentence."""
    found = metrics["gain"]
    if not metrics["alpha"]:
        return "Nothing that was tried beat the probe on val images, so the probe is delivered."
    ends = f"{points(found['difference']['low'])} to {points(found['difference']['high'])}"
    only = f"{counted(found['ours_only'], 'image')} only it got right, {found['theirs_only']} only the probe"
    return (
        f"The winner is {name(metrics['winner'])}: {points(found['difference']['value'])} percentage points on val images over the"
        f" probe ({ends}); {only} (exact test, {p_value(found['p_value'])}). Val also chose it, so test is the fairer judge."
    )


def scratch(metrics: Json) -> dict[str, Any] | None:
    """Return what the network without pretraining reached as a sentence, and whether that is better; None where it was not run."""
    found = metrics.get("scratch")
    if not found:
        return None
    lead = found["lead"]
    ends = f"{points(lead['difference']['low'])} to {points(lead['difference']['high'])}"
    beside = f"{points(lead['difference']['value'])} percentage points against the delivered model ({ends}, {p_value(lead['p_value'])})"
    text = f"the same network without pretraining gets {percent(found['val_accuracy'])} of val images right, {beside}."
    harm = bool(metrics["negative_transfer"])
    return {"text": f"Negative transfer: {text}" if harm else f"From scratch, {text}", "harm": harm}


def charts(metrics: Json) -> list[dict[str, Any]]:
    """Return accuracy and loss along the line from the probe to the average; nothing where no candidate had an epoch to offer."""
    path = metrics["path"]
    if len(path) < 2:
        return []
    accuracies = [point["val_accuracy"] * 100 for point in path]
    drawn = [("Accuracy, from the probe to fine-tuned", "val images right, %", accuracies)]
    drawn.append(("Loss, from the probe to fine-tuned", "val loss, nats", [point["val_loss"] for point in path]))
    return [_chart(title, label, path, values, metrics["alpha"]) for title, label, values in drawn]


def _chart(title: str, label: str, path: Sequence[Json], values: Sequence[float], alpha: float) -> dict[str, Any]:
    low, high = min(values), max(values)
    room = max((high - low) * 0.1, high * 0.02, 1e-6)
    up = Axis(label, max(0.0, low - room), high + room)
    line = Line("val", [float(point["alpha"]) for point in path], list(values), 2, dots=True)
    across = Axis("alpha: 0 is the probe, 1 fine-tuned", 0.0, 1.0)
    picture = lines.chart(title, [line], across, up, marker=Marker(float(alpha), "delivered"))
    return {"title": title, "picture": picture, "legend": []}
