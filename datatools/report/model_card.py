"""The model card: what the model is, what it is for, and how well it does, overall and on parts of the images.

The questions are those of Mitchell et al., Model cards for model reporting, FAT* 2019, as far as tables can answer them.
"""

from typing import Any

from datatools.page.numbers import count
from datatools.report import advice, chosen, markdown, marked, verdict
from datatools.report.bars import Row
from datatools.report.closing import judged_on
from datatools.report.datasheet import said
from datatools.report.inputs import Inputs
from datatools.report.sections import subsets
from datatools.report.sections.evaluate import independence, robust
from datatools.report.sections.finetune import facts


def card(inputs: Inputs) -> str:
    """Return the model card in Markdown."""
    metrics, split = inputs.metrics["evaluate"], judged_on(inputs.metrics["evaluate"])
    told = verdict.view(inputs)
    return markdown.render(
        "model_card.md",
        title=inputs.title,
        digest=inputs.digest,
        said=said(inputs.card),
        facts=[*facts(inputs.model), ("classes", ", ".join(inputs.model["classes"]))],
        preprocessing=preprocessing(inputs),
        versions=inputs.versions.items(),
        split=split,
        verdict=told,
        first=scores(told["rows"]),
        scores=scores(marked.shares(metrics, split)) if split else [],
        amounts=marked.amounts(metrics, split) if split else [],
        parts=[{"title": each["title"], "rows": scores(each["rows"])} for each in subsets.view(inputs).view["tables"]],
        classes=scores(marked.per_name(inputs.breakdown, split, "class", "recall")) if split else [],
        hidden=marked.hidden(inputs.breakdown, split, "class") if split else 0,
        robust=robust(metrics, split) if split else None,
        gain=chosen.gain(inputs.metrics["finetune"]),
        independence=independence(metrics, split) if split else "",
        findings=advice.found(inputs),
    )


def scores(rows: list[Row]) -> list[dict[str, Any]]:
    """Return rows of marks as text; the last mark of a row is that of the delivered model."""
    return [
        {
            "name": row.name,
            "n": "" if row.n is None else count(row.n),
            "value": row.marks[-1].text,
            "ends": row.marks[-1].range_text,
        }
        for row in rows
        if row.marks
    ]


def preprocessing(inputs: Inputs) -> list[tuple[str, str]]:
    """Return how an image has to be prepared, as pairs of name and value."""
    found = inputs.model["preprocessing"]
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in found.items()
    ]
