"""What came in: images by class and domain, what was refused, and what the table's columns were taken for."""

from typing import Any

import pandas as pd

from datatools.page.numbers import count, counted, join
from datatools.page.pictures import Picture
from datatools.report.galleries import pictures
from datatools.report.inputs import Inputs, Section
from datatools.report.tables import records

MOST_CLASSES, MOST_DOMAINS = 12, 6
UNLABELLED = "no label"


def view(inputs: Inputs) -> Section:
    """Return the section."""
    return Section(
        "ingest",
        "Input",
        _headline(inputs),
        {
            "sheet": sheet(inputs),
            "refused": refused(inputs.quarantine),
            "columns": columns(inputs),
            "facts": facts(inputs),
            "flagged": flagged(inputs),
        },
    )


def flagged(inputs: Inputs) -> str:
    """Return how many images each check of quality flagged, the most frequent first."""
    counts = inputs.metrics.get("ingest", {}).get("flags", {})
    found = sorted(((n, name) for name, n in counts.items() if n), key=lambda pair: (-pair[0], pair[1]))
    return join([f"{count(n)} {name.replace('_', ' ')}" for n, name in found])


def _headline(inputs: Inputs) -> str:
    rows = inputs.ingested
    classes = counted(rows["label"].nunique(), "class", "classes")
    parts = [counted(len(rows), "image"), f"{classes} and {counted(rows['domain'].nunique(), 'domain')}"]
    unlabelled = int(rows["label"].isna().sum())
    parts += [f"{count(unlabelled)} without a label"] if unlabelled else []
    return (
        ", ".join([*parts, f"{count(len(inputs.quarantine)) if len(inputs.quarantine) else 'nothing'} refused"]) + "."
    )


def sheet(inputs: Inputs) -> dict[str, Any]:
    """Return a few images of each class in each domain: the first by identity, which is a hash and so picks at random."""
    rows = inputs.ingested.assign(label=inputs.ingested["label"].fillna(UNLABELLED)).sort_values(["image_id", "path"])
    classes, domains = (rows[name].value_counts().sort_index() for name in ("label", "domain"))
    shown_classes, shown_domains = list(classes.index[:MOST_CLASSES]), list(domains.index[:MOST_DOMAINS])
    each = max(1, min(6, 12 // max(1, len(shown_domains))))
    cells = rows.groupby(["label", "domain"])
    sizes = cells.size()
    first = cells.head(each)
    return {
        "domains": [{"name": name, "n": int(domains[name])} for name in shown_domains],
        "classes": [
            {
                "name": label,
                "n": int(classes[label]),
                "cells": [
                    _cell(inputs, first, int(sizes.get((label, domain), 0)), label, domain) for domain in shown_domains
                ],
            }
            for label in shown_classes
        ],
        "more_classes": len(classes) - len(shown_classes),
        "more_domains": len(domains) - len(shown_domains),
    }


def _cell(inputs: Inputs, first: pd.DataFrame, n: int, label: str, domain: str) -> dict[str, Any]:
    here = first[(first["label"] == label) & (first["domain"] == domain)]
    found: list[Picture] = pictures(inputs, here["path"], [f"{label}, {domain}"] * len(here))
    return {"n": n, "pictures": found}


def refused(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one row per reason, the most frequent first, with its first files."""
    rows = [
        {"reason": str(reason).replace("_", " "), "n": len(group), "examples": records(group.head(20))}
        for reason, group in quarantine.sort_values(["path", "detail"]).groupby("reason")
    ]
    return sorted(rows, key=lambda row: (-int(row["n"]), row["reason"]))


def columns(inputs: Inputs) -> list[dict[str, Any]]:
    """Return what each column of the user's table was taken for."""
    unused = set(inputs.columns.get("unused", ()))
    return [
        {
            "name": name,
            "kind": column["kind"],
            "missing": column["missing"] / max(column["missing"] + column["known"], 1),
            "unparsed": column.get("unparsed", 0),
            "example": column.get("example") or "",
            "precision": join([f"{count(n)} to the {unit}" for unit, n in column.get("precision", {}).items()]),
            "used": name not in unused,
        }
        for name, column in inputs.columns.get("columns", {}).items()
    ]


def facts(inputs: Inputs) -> list[tuple[str, str]]:
    """Return figures of the files as pairs of name and value."""
    quality, times = inputs.quality, inputs.ingested["captured_at"].dropna()
    formats = quality["format"].value_counts()
    found = [
        ("formats", join([f"{name} ({count(int(n))})" for name, n in formats.items()])),
        ("size", _range(quality["width"], quality["height"])),
        ("on disk", f"{quality['bytes'].sum() / 1e6:,.1f} MB"),
    ]
    if len(times):
        found.append(("captured", f"{times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}"))
    return found


def _range(width: "pd.Series[int]", height: "pd.Series[int]") -> str:
    smallest, largest = (width * height).argmin(), (width * height).argmax()
    ends = [f"{width.iloc[row]} × {height.iloc[row]}" for row in (smallest, largest)]
    return " to ".join(dict.fromkeys(ends)) + " pixels"
