"""Which values of the table were missing, how they were filled, and what the fills are worth."""

from collections.abc import Mapping
from typing import Any

from datatools.page.numbers import count, counted, decimal, join, percent, significant
from datatools.report import gaps
from datatools.report.inputs import Inputs, Json, Section

MOST_DOMAINS, MOST_CHARTS, MOST_JUDGED = 8, 6, 40
MANY = (
    0.5  # share of fills at the ends of the range, from which the page warns, if it is so many times that of the known
)
COMMONER = 5
PREDICTED = {"iterative", "knn", "trees", "model"}  # methods whose fills differ from row to row
ORDER = ("mean", "median", "iterative", "knn", "trees", "constant", "auto")


def view(inputs: Inputs) -> Section:
    """Return the section."""
    rows = missing(inputs)
    described = inputs.imputation.get("columns", {})
    return Section(
        "impute",
        "Missing values",
        _headline(rows),
        {
            "columns": rows,
            "map": missing_map(inputs.imputation),
            "others": any("others" in pattern for pattern in inputs.imputation.get("patterns", [])),
            "domains": by_domain(described),
            "suspects": suspects(described),
            "stretched": stretched(described),
            "validation": validation(inputs.imputation),
            "errors": errors(inputs.imputation),
            "judged_auto": "auto" in inputs.imputation.get("validation", {}).get("mean_error", {}),
            "left_out": join(sorted(inputs.imputation.get("validation", {}).get("left_out", {}))),
            "charts": charts(described),
            "categories": categories(described),
        },
    )


def _headline(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "The data have no tabular features: there was nothing to fill."
    lost, cells = sum(row["gaps"] for row in rows), sum(row["n"] for row in rows)
    if not lost:
        return f"{counted(len(rows), 'feature')}, no value missing."
    return (
        f"{count(lost)} of {count(cells)} values of {counted(len(rows), 'feature')} were missing ({percent(lost / cells)})"
        " and were filled with what train rows taught."
    )


def missing(inputs: Inputs) -> list[dict[str, Any]]:
    """Return each feature's missing values before and after and the method that filled them, the worst first."""
    known = inputs.imputation.get("columns", {})
    rows = [
        _column(inputs, str(name), known.get(name, {})) for name in inputs.rows.columns if str(name).startswith("x_")
    ]
    return sorted(rows, key=lambda row: (-int(row["gaps"]), row["name"]))


def _column(inputs: Inputs, name: str, described: Json) -> dict[str, Any]:
    before = inputs.rows[name]
    # A text such as "NA" is missing to the imputer and none to pandas: its own count is the true one.
    share = described.get("missing", float(before.isna().mean()))
    return {
        "name": name.removeprefix("x_"),
        "n": len(before),
        "gaps": round(share * len(before)),
        "before": share,
        "after": float(inputs.completed[name].isna().mean()) if name in inputs.completed else None,
        "method": described.get("method", ""),
        "indicator": bool(described.get("indicator", False)),
        "unknown": described.get("unknown_categories", 0),
        "too_large": described.get("too_large", 0),
        "from_text": bool(described.get("from_text", False)),
        "empty": bool(described.get("no_value_in_train", False)),
    }


def missing_map(imputation: Json) -> Any:
    """Return the picture of what is missing together; None where nothing is."""
    columns = imputation.get("columns", {})
    names = [name for name in columns if columns[name]["missing"] > 0]
    names = sorted(names, key=lambda name: (-columns[name]["missing"], name))[: gaps.MOST_COLUMNS]
    patterns = imputation.get("patterns", [])
    return gaps.chart(patterns, names) if names and patterns else None


def by_domain(columns: Json) -> dict[str, Any] | None:
    """Return missing rates by feature and domain, and whether they differ by more than chance; None where there is one domain."""
    shown = {name: column for name, column in columns.items() if column["missing"] > 0 and "by_domain" in column}
    domains = list(next(iter(shown.values()))["by_domain"]["rate"]) if shown else []
    if len(domains) < 2:
        return None
    body = [_by_domain(name, column, domains[:MOST_DOMAINS]) for name, column in shown.items()]
    return {
        "names": domains[:MOST_DOMAINS],
        "body": sorted(body, key=lambda row: row["name"]),
        "more": max(0, len(domains) - MOST_DOMAINS),
    }


def _by_domain(name: str, column: Json, domains: list[str]) -> dict[str, Any]:
    found = column["by_domain"]
    return {
        "name": name.removeprefix("x_"),
        "rates": [found["rate"][domain] for domain in domains],
        "at_random": found["at_random"],
        "verdict": _verdict(found),
    }


def _verdict(found: Mapping[str, Any]) -> str:
    if found["p"] is None:
        return "too few to tell"
    return "as chance would" if found["at_random"] else f"not by chance (V {decimal(found['v'], 2)})"


def suspects(columns: Json) -> list[dict[str, Any]]:
    """Return values that may mean "missing" and were not declared."""
    return [
        {**found, "name": name.removeprefix("x_"), "value": _written(found["value"])}
        for name, column in columns.items()
        for found in column.get("suspects", [])
    ]


def stretched(columns: Json) -> list[dict[str, Any]]:
    """Return the features most of whose fills were predicted to stand at the end of what is known, where few known values stand."""
    ends = {name: column.get("distribution") or {} for name, column in columns.items() if _predicted(column)}
    return [
        {"name": name.removeprefix("x_"), "share": found["at_ends"]}
        for name, found in ends.items()
        if found.get("at_ends", 0.0) > max(MANY, COMMONER * found.get("known_at_ends", 0.0))
    ]


def _predicted(column: Json) -> bool:
    return bool(PREDICTED & set(str(column.get("method", "")).split(" + ")))


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else significant(value, 9)


def validation(imputation: Json) -> list[dict[str, Any]]:
    """Return the error of each numeric method on hidden values, the best first; empty where nothing could be hidden."""
    found = imputation.get("validation", {})
    errors, wins = found.get("mean_error", {}), found.get("best_on", {})
    return [
        {"name": name, "error": decimal(error, 2), "wins": None if name == "auto" else wins.get(name, 0)}
        for name, error in sorted(errors.items(), key=lambda item: (item[1], item[0]))
    ]


def errors(imputation: Json) -> dict[str, Any] | None:
    """Return the error on hidden values by feature and method; None where nothing could be hidden."""
    found = imputation.get("validation", {}).get("error", {})
    methods = [name for name in ORDER if name in next(iter(found.values()), {})]
    body = [
        {"name": name.removeprefix("x_"), "cells": [_error(each[method], each) for method in methods]}
        for name, each in sorted(found.items())[:MOST_JUDGED]
    ]
    return {"methods": methods, "body": body, "more": max(0, len(found) - MOST_JUDGED)} if body else None


def _error(error: float, others: Mapping[str, float]) -> dict[str, Any]:
    return {"text": decimal(error, 2), "share": min(error, 1.5) / 1.5, "best": error <= min(others.values())}


def charts(columns: Json) -> list[Any]:
    """Return before and after of the numeric features that miss most."""
    drawn = {name: column for name, column in columns.items() if "edges" in (column.get("distribution") or {})}
    most = sorted(drawn, key=lambda name: (-drawn[name]["missing"], name))[:MOST_CHARTS]
    return [gaps.histogram(name.removeprefix("x_"), drawn[name]["distribution"]) for name in most]


def categories(columns: Json) -> list[dict[str, Any]]:
    """Return before and after of the features of categories: shares of the known and of the filled values."""
    return [
        {"name": name.removeprefix("x_"), "body": _shares(column["distribution"])}
        for name, column in sorted(columns.items())
        if "values" in (column.get("distribution") or {})
    ]


def _shares(found: Json) -> list[dict[str, Any]]:
    totals = {kind: max(sum(found[kind]), 1) for kind in ("known", "filled")}
    return [
        {"value": value, "known": known / totals["known"], "filled": filled / totals["filled"]}
        for value, known, filled in zip(found["values"], found["known"], found["filled"], strict=True)
    ]
