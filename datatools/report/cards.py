"""What there is to say of one entry of the augmentation policy: a card with its contact sheet."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from datatools.page.numbers import count, join, percent
from datatools.page.pictures import Picture
from datatools.report import added
from datatools.report.inputs import Inputs, Json
from datatools.report.tables import records

SHOWN = 60  # characters of a setting's value


def cards(inputs: Inputs) -> list[dict[str, Any]]:
    """Return a card for each entry of the policy, by method and number; one that made no images says why."""
    lineage = inputs.lineage[["image_id", "entry", "settings"]]
    made = inputs.derived.merge(lineage, on="image_id").sort_values("image_id")
    settings = {str(entry): json.loads(rows["settings"].iloc[0]) for entry, rows in made.groupby("entry")}
    methods = {str(entry): str(rows["method"].iloc[0]) for entry, rows in made.groupby("entry")}
    idle = {entry: _idle(entry, reason) for entry, reason in inputs.metrics["augment"].get("idle", {}).items()}
    busy = {
        entry: _card(inputs, entry, made[made["entry"] == entry], _apart(settings, _siblings(methods, entry), entry))
        for entry in settings
    }
    return [card for _, card in sorted({**idle, **busy}.items(), key=lambda item: place(item[0]))]


def place(entry: str) -> tuple[str, int]:
    """Return the method of an entry, and which entry of that method it is, from 1."""
    method, _, number = entry.rpartition("_")
    return (method, int(number)) if number.isdigit() else (entry, 1)


def name(entry: str) -> str:
    """Return the name of an entry of the policy: its method's, and which entry of that method it is."""
    method, number = place(entry)
    return added.said(method).name + (f", {number}" if number > 1 else "")


def _idle(entry: str, reason: str) -> dict[str, Any]:
    does = added.said(place(entry)[0]).does
    warning = {"what": "Nothing was derived", "detail": f"{reason[:1].upper()}{reason[1:]}."}
    return {"name": name(entry), "does": does, "n": "0", "apart": "", "facts": [], "warnings": [warning], "sheet": None}


def _card(inputs: Inputs, entry: str, made: pd.DataFrame, apart: str) -> dict[str, Any]:
    figures = inputs.metrics["augment"].get("methods", {}).get(entry, {})
    return {
        "name": name(entry),
        "does": added.said(str(made["method"].iloc[0])).does,
        "n": count(len(made)),
        "apart": apart,
        "facts": added.facts(figures),
        "warnings": added.warnings(figures),
        "sheet": _sheet(inputs, entry, made, figures["sheet"]) if "sheet" in figures else None,
    }


def _sheet(inputs: Inputs, entry: str, made: pd.DataFrame, drawn: Json) -> dict[str, Any]:
    """Return the contact sheet of an entry with the labels of its rows: those of the first images by identity, which is a hash."""
    path, columns = f"data/augment/sheets/{entry}.png", join(list(drawn["columns"]))
    first = records(made.head(drawn["rows"]))
    return {
        "picture": Picture(inputs.sheet(path), f"contact sheet of {name(entry)}; in each row {columns}", path),
        "rows": [{"target": _target(row), "path": row["path"]} for row in first],
        "says": f"{count(len(first))} of {count(len(made))}, one in each row, from left to right: {columns}.",
    }


def _siblings(methods: Mapping[str, str], entry: str) -> list[str]:
    return [other for other in methods if methods[other] == methods[entry]]


def _apart(settings: Mapping[str, Json], siblings: Sequence[str], entry: str) -> str:
    """Return the settings in which an entry differs from others of its method; empty where it is alone."""
    own = settings[entry]
    differing = [key for key in own if any(settings[other].get(key) != own[key] for other in siblings)]
    return ", ".join(f"{key} {_short(own[key])}" for key in sorted(differing))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _target(row: Mapping[str, Any]) -> str:
    """Return the soft label, the likeliest class first."""
    known = pd.Series(list(row["target_probabilities"]), index=list(row["target_classes"])).sort_values(
        ascending=False, kind="stable"
    )
    return ", ".join(
        f"{name}\u00a0{percent(share, 0)}" if share < 1 else str(name) for name, share in known.items() if share > 0
    )
