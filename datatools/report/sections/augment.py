"""What was added to training, from which images, and what it did to label and look."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from datatools.page.numbers import count, counted, decimal, percent
from datatools.page.pictures import Picture
from datatools.report import added, pairs
from datatools.report.axes import Axis
from datatools.report.galleries import picture
from datatools.report.inputs import Inputs, Json, Section
from datatools.report.pairs import Pair
from datatools.report.tables import records

FARTHEST = 2.0  # the proxy A-distance of sets that are told apart without an error


def view(inputs: Inputs) -> Section:
    """Return the section."""
    names = sorted(inputs.derived["method"].unique())
    known = inputs.metrics["augment"].get("methods", {})
    shown = {
        "labels": labels(known),
        "distances": distances(known),
        "chance": any("alike" in figures.get("gap", {}).get("a_distance", {}) for figures in known.values()),
        "methods": [method(inputs, name) for name in names],
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
        Pair(_name(entry), figures["agreement_before"], figures["agreement_after"])
        for entry, figures in sorted(known.items())
        if "agreement_after" in figures
    ]
    across = Axis("share that the probe gives its label", 0.0, 1.0, lambda share: percent(share, 0))
    return _chart("Does the probe still see the label?", asked, across, lambda share: percent(share, 0))


def distances(known: Mapping[str, Json]) -> Markup | None:
    """Return the distance to the target domain by entry, before and after; None where none was measured."""
    measured = [
        Pair(_name(entry), found["before"], found["after"], found.get("alike"))
        for entry, figures in sorted(known.items())
        if (found := figures.get("gap", {}).get("a_distance"))
    ]
    across = Axis("proxy A-distance", 0.0, FARTHEST)
    return _chart("Distance to the target domain", measured, across, lambda value: decimal(value, 2))


def _chart(title: str, rows: Sequence[Pair], across: Axis, written: Any) -> Markup | None:
    return pairs.chart(title, rows, across, written) if rows else None


def _name(entry: str) -> str:
    """Return the name of an entry of the policy: its method's, and which entry of that method it is."""
    method, _, number = entry.rpartition("_")
    return f"{added.said(method).name}, {number}" if number.isdigit() else added.said(entry).name


def method(inputs: Inputs, name: str, most: int = 8) -> dict[str, Any]:
    """Return what there is to say of one method, with its first images by identity, which is a hash and so picks at random."""
    made = inputs.derived[inputs.derived["method"] == name].sort_values("image_id")
    known = inputs.metrics["augment"].get("methods", {})
    entries = [
        _entry(entry, known[entry]) for entry in sorted(known) if re.fullmatch(rf"{re.escape(name)}(_\d+)?", entry)
    ]
    return {
        **added.said(name)._asdict(),
        "n": count(len(made)),
        "entries": entries,
        "examples": [_example(inputs, row) for row in records(made.head(min(most, inputs.pictures)))],
    }


def _entry(entry: str, figures: Json) -> dict[str, Any]:
    return {
        "name": _name(entry),
        "sheet": f"data/augment/sheets/{entry}.png",
        "facts": added.facts(figures),
        "warnings": added.warnings(figures),
    }


def _example(inputs: Inputs, row: dict[str, Any]) -> dict[str, Any]:
    known = inputs.pixels.set_index("image_id")["path"]
    parents = [name for name in row["parents"] if name in known.index]
    sources: list[Picture] = [picture(inputs, known[name], f"made from {known[name]}") for name in parents[:2]]
    return {
        "parents": sources,
        "made": picture(inputs, row["path"], f"made by {row['method']}"),
        "target": _target(row),
    }


def _target(row: dict[str, Any]) -> str:
    """Return the soft label, the likeliest class first."""
    known = pd.Series(list(row["target_probabilities"]), index=list(row["target_classes"])).sort_values(
        ascending=False, kind="stable"
    )
    return ", ".join(
        f"{name} {percent(share, 0)}" if share < 1 else str(name) for name, share in known.items() if share > 0
    )
