"""What the diagnosis found, as the page shows it: each finding with its number, its meaning, and what to change."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from datatools.page.numbers import count, percent, points, significant
from datatools.page.pictures import Picture
from datatools.report.galleries import pictures
from datatools.report.inputs import Inputs, Json
from datatools.report.tables import paths

MARKS = {"error": "✕", "warning": "▲", "info": "●"}


class Change(NamedTuple):
    """A suggested value, and why."""

    value: Any
    why: str


def top(inputs: Inputs, most: int = 3) -> list[dict[str, Any]]:
    """Return the first findings that ask for something to be done, without their pictures."""
    asking = [item for item in inputs.findings["findings"] if item["severity"] in {"error", "warning"}]
    return [_shown(item, []) for item in asking[:most]]


def found(inputs: Inputs) -> list[dict[str, Any]]:
    """Return all findings in their order, with their pictures."""
    items = inputs.findings["findings"]
    known = paths(inputs.predictions, [name for item in items for name in item["images"]])
    return [_shown(item, _pictures(inputs, item, known)) for item in items]


def passed(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the checks that had nothing to complain of."""
    return [{**_shown(item, []), "severity": "passed", "mark": "✓"} for item in inputs.findings["passed"]]


def _shown(item: Json, shots: Sequence[Picture]) -> dict[str, Any]:
    return {
        "anchor": f"finding-{item['kind']}".replace("_", "-"),
        "severity": item["severity"],
        "mark": MARKS[item["severity"]],
        "title": item["title"],
        "number": number(item.get("number")),
        "means": item["means"],
        "text": item["text"],
        "snippet": snippet(item["suggests"]),
        "pictures": shots,
    }


def _pictures(inputs: Inputs, item: Json, known: Mapping[str, str]) -> list[Picture]:
    there = [known[name] for name in item["images"] if name in known]
    return pictures(inputs, there, [f"an image behind: {item['title']}"] * len(there))


def number(found: Json | None) -> str:
    """Return a finding's number with its interval and what it rests on: ``AUC 0.71 (0.64 to 0.77), n = 219``; empty without a value."""
    if not found or found.get("value") is None:
        return ""
    name = found["name"].replace("_", " ")
    written = WRITTEN[found["unit"]]
    ends = f" ({written(found['low'])} to {written(found['high'])})" if found.get("low") is not None else ""
    unit = " points" if found["unit"] == "points" else ""
    rests = f", n = {count(found['n'])}" if found.get("n") else ""
    return f"{name}: {written(found['value'])}{unit}{ends}{rests}"


def _value(of: float) -> str:
    return count(round(of)) if abs(of) >= 1000 else significant(float(of))


WRITTEN: Mapping[str, Callable[[float], str]] = {"share": percent, "points": points, "": _value}


def snippet(suggests: Sequence[Json]) -> str:
    """Return the suggested changes as a piece of ``params.yaml``, each with its reason; of two values for one key the first."""
    within: dict[str, Any] = {}
    for each in suggests:
        *sections, key = each["key"].split(".")
        place = within
        for section in sections:
            inner = place.setdefault(section, {})
            place = inner if isinstance(inner, dict) else {}
        place.setdefault(key, Change(each["value"], _comment(each["why"])))
    return "\n".join(_lines(within))


def _comment(text: str) -> str:
    # YAML takes no control characters, not even in a comment; a reason may quote the user's names.
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, inner in values.items():
        if isinstance(inner, Change):
            yield from _changed(key, inner)
        else:
            yield _yaml({key: None}).removesuffix(" null")
            yield from (f"  {line}" for line in _lines(inner))


def _changed(key: str, change: Change) -> list[str]:
    """Return a change with its reason: beside it, or above where the value takes several lines."""
    lines = _yaml({key: change.value}).splitlines()
    if not change.why:
        return lines
    return [f"{lines[0]}  # {change.why}"] if len(lines) == 1 else [f"# {change.why}", *lines]


def _yaml(values: Json) -> str:
    return str(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000)).rstrip("\n")
