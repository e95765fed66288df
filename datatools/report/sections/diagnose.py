"""What is wrong, how sure that is, and what to change; with the evidence that is no table: learning curve and map of the features."""

from collections.abc import Sequence
from typing import Any

from datatools.page.numbers import count, counted
from datatools.report import advice, learning, scatter
from datatools.report.inputs import Inputs, Json, Section

COLOURINGS = {"label": "class", "domain": "domain", "split": "split"}  # column, and what the page calls it


def view(inputs: Inputs) -> Section:
    """Return the section."""
    passed = advice.passed(inputs)
    shown = {
        "findings": advice.found(inputs),
        "passed": passed,
        "learning": learning.drawn(inputs.learning_curve),
        "map": embedded(inputs),
    }
    return Section("diagnose", "Diagnosis", _headline(inputs.findings["findings"], len(passed)), shown)


def _headline(findings: Sequence[Json], passed: int) -> str:
    kinds = (("error", "error"), ("warning", "warning"), ("info", "note"))
    numbers = {name: sum(item["severity"] == severity for item in findings) for severity, name in kinds}
    told = ", ".join(counted(number, name) for name, number in numbers.items() if number)
    return f"{told or 'Nothing was found'}; {counted(passed, 'check')} passed."


def embedded(inputs: Inputs) -> dict[str, Any] | None:
    """Return the map of the frozen features with the legends of its colourings; None without points."""
    if inputs.embedding.empty:
        return None
    names = list(COLOURINGS)
    empty = {"label": "no label", "domain": "no domain", "split": "set aside"}
    points = inputs.embedding.sort_values("image_id").fillna({name: empty[name] for name in names})
    points = points.astype(dict.fromkeys(names, str))
    colourings = [scatter.colouring(points, name) for name in names]
    return {
        "n": count(len(points)),
        "picture": scatter.chart(
            "Map of the frozen features; near dots are images that look alike", points, colourings
        ),
        "switches": [
            {
                "column": each.column,
                "title": COLOURINGS[each.column],
                "legend": [(name, f"c{colour}") for colour, name in enumerate(each.values, 1)],
                "others": each.others,
            }
            for each in colourings
        ],
    }
