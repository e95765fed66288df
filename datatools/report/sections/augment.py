"""What was added to training, from which images, and what it did to label and look."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from datatools.page.numbers import counted, decimal, percent
from datatools.report import cards, pairs
from datatools.report.axes import Axis
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.pairs import Pair

FARTHEST = 2.0  # the proxy A-distance of sets that are told apart without an error


def view(inputs: Inputs) -> Section:
    """Return the section."""
    known = inputs.metrics["augment"].get("methods", {})
    shown = {
        "labels": labels(known),
        "distances": distances(known),
        "chance": any("alike" in figures.get("gap", {}).get("a_distance", {}) for figures in known.values()),
        "cards": cards.cards(inputs),
    }
    return Section("augment", "Added images", _headline(inputs), shown)


def _headline(inputs: Inputs) -> str:
    added_images, train = len(inputs.derived), int((inputs.rows["split"] == "train").sum())
    if not added_images:
        return f"Nothing was added: {counted(train, 'train image')} as they are."
    methods = counted(inputs.derived["method"].nunique(), "method")
    return f"{counted(added_images, 'image')} made by {methods} from {counted(train, 'train image')}; val and test stay as they are."


def labels(known: Mapping[str, Json]) -> Markup | None:
    """Return how often the probe gives parents and derived images their label, by entry; None where it was never asked."""
    asked = [
        Pair(cards.name(entry), figures["agreement_before"], figures["agreement_after"])
        for entry, figures in _in_order(known)
        if "agreement_after" in figures
    ]
    across = Axis("share that the probe gives its label", 0.0, 1.0, lambda share: percent(share, 0))
    return _chart("Does the probe still see the label?", asked, across, lambda share: percent(share, 0))


def distances(known: Mapping[str, Json]) -> Markup | None:
    """Return the distance to the target domain by entry, before and after; None where none was measured."""
    measured = [
        Pair(cards.name(entry), found["before"], found["after"], found.get("alike"))
        for entry, figures in _in_order(known)
        if (found := figures.get("gap", {}).get("a_distance"))
    ]
    across = Axis("proxy A-distance", 0.0, FARTHEST)
    return _chart("Distance to the target domain", measured, across, lambda value: decimal(value, 2))


def _in_order(known: Mapping[str, Json]) -> list[tuple[str, Json]]:
    return sorted(known.items(), key=lambda item: cards.place(item[0]))


def _chart(title: str, rows: Sequence[Pair], across: Axis, written: Any) -> Markup | None:
    return pairs.chart(title, rows, across, written) if rows else None
