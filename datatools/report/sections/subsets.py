"""Where the model works and where it does not: accuracy by domain, time, and what the pipeline did to the images."""

from datatools.page.numbers import percent
from datatools.report import marked
from datatools.report.bars import Row
from datatools.report.closing import judged_on, legend
from datatools.report.inputs import Inputs, Section

KINDS = (
    ("domain", "By domain", "domain"),
    ("month", "By time of capture", "time"),
    ("lineage", "By what was done to the image", "images that are"),
)


def view(inputs: Inputs) -> Section:
    """Return the section."""
    metrics, split = inputs.metrics["evaluate"], judged_on(inputs.metrics["evaluate"])
    tables = [
        {"title": title, "first": first, "rows": rows, "hidden": marked.hidden(inputs.breakdown, split, kind)}
        for kind, title, first in KINDS
        if split and (rows := marked.per_name(inputs.breakdown, split, kind, "accuracy"))
    ]
    domains = marked.per_name(inputs.breakdown, split, "domain", "accuracy") if split else []
    shown = {"split": split, "tables": tables, "model": legend(metrics) if split else ""}
    return Section("subsets", "Where it works", _headline(domains), shown)


def _headline(domains: list[Row]) -> str:
    """Return how far apart the best and the worst domain are, by the delivered model."""
    known = sorted((row.marks[-1].value, row.name) for row in domains if row.marks[-1].value is not None)
    if len(known) < 2:
        return "Accuracy of the delivered model on parts of the images."
    (low, worst), (high, best) = known[0], known[-1]
    return f"From {percent(low)} right in {worst} to {percent(high)} in {best}."
