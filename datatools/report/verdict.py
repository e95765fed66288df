"""The verdict: what came of it, in one sentence, beside what to change first."""

from collections.abc import Sequence
from typing import Any

from datatools.page.numbers import count, counted, p_value, percent, points
from datatools.report import advice
from datatools.report.bars import Row, mark
from datatools.report.closing import BESIDE, FINETUNED, PROBE, TABLE, delivered, judged_on, paired_test
from datatools.report.flow import steps
from datatools.report.inputs import Inputs, Json

NOTHING: dict[str, Any] = {
    "headline": "No labelled image was left for val or test: nothing can be said about accuracy.",
    "lede": "Label some images, or give the split other fractions, and run again.",
    "rows": [],
    "split": None,
}

NOBREAK = "\xa0"
# What the verdict speaks of, by what is delivered.
SUBJECTS = {
    FINETUNED: "Fine-tuning",
    f"{FINETUNED} {BESIDE}": f"Fine-tuning {BESIDE}",
    f"{PROBE} {BESIDE}": f"The probe {BESIDE}",
    TABLE: "The table alone",
}


def view(inputs: Inputs) -> dict[str, Any]:
    """Return headline, explanation, the rows of the interval plot, and the first findings."""
    metrics = inputs.metrics["evaluate"]
    split = judged_on(metrics)
    judged = _judged(metrics, split) if split else NOTHING
    first = advice.top(inputs)
    asking = sum(item["severity"] in {"error", "warning"} for item in inputs.findings["findings"])
    counts = {"more": asking - len(first), "passed": len(inputs.findings["passed"])}
    return {**judged, **counts, "findings": first, "flow": steps(inputs)}


def open_findings(audit: Sequence[Json]) -> list[Json]:
    """Return the findings that did not pass, errors first; what is only told (info) is none."""
    found = [item for item in audit if not item["passed"] and item["severity"] in {"error", "warning"}]
    return sorted(found, key=lambda item: item["severity"] != "error")


def _judged(metrics: Json, split: str) -> dict[str, Any]:
    majority, probe, finetuned = (metrics[name][split]["accuracy"] for name in ("majority", "probe", "finetuned"))
    name = metrics["majority"]["label"]
    scratch = metrics.get("scratch", {}).get(split)
    rows = [
        Row(f"Always “{name}”", None, [mark(majority, "floor")]),
        Row("Linear probe", None, [mark(probe, "probe")]),
        *([Row("From scratch", None, [mark(scratch["accuracy"], "scratch")])] if scratch else []),
        Row(
            "Fine-tuned" if delivered(metrics) == FINETUNED else f"Delivered: {delivered(metrics)}",
            None,
            [mark(finetuned, "tuned")],
        ),
    ]
    return {
        "headline": headline(metrics, split),
        "lede": _lede(metrics, split),
        "rows": rows,
        "split": split,
        "n": count(finetuned["n"]),
        "confidence": f"{metrics['confidence']:.0%}".replace("%", "\u202f%"),
    }


def headline(metrics: Json, split: str) -> str:
    """Return the verdict as one sentence."""
    majority, probe, tuned = (metrics[name][split]["accuracy"] for name in ("majority", "probe", "finetuned"))
    right = f"{percent(tuned['value'])} of {count(tuned['n'])} {split} images right"
    if tuned["value"] <= majority["value"]:
        floor = f"always answering “{metrics['majority']['label']}” ({percent(majority['value'])})"
        if _separates(metrics, split):
            apart = "The classes are told apart, though: judge by balanced accuracy."
            return f"By accuracy nothing is gained: {right}, no better than {floor}. {apart}"
        return f"Transfer fails here: {right}, no better than {floor}."
    if delivered(metrics) == PROBE:
        return f"The linear probe was kept, since fine-tuning did not beat it on val images: {right}."
    subject = SUBJECTS[delivered(metrics)]
    gain = f"{points(abs(tuned['value'] - probe['value']))[1:]} points"
    if metrics["paired"][split]["p_value"] >= 1 - metrics["confidence"]:
        both = f"{percent(tuned['value'])} and {percent(probe['value'])}"
        return (
            f"{subject} and the linear probe cannot be told apart: {both} of {count(tuned['n'])} {split} images right."
        )
    if tuned["value"] > probe["value"]:
        return f"{subject} helps: {right}, {gain} more than the linear probe."
    return f"{subject} hurts: {right}, {gain} fewer than the linear probe."


def _separates(metrics: Json, split: str) -> bool:
    """Return whether the probabilities surely rank the classes better than chance, as they may where one class has nearly all images."""
    area = metrics["finetuned"][split].get("macro_roc_auc") or {}
    return (area.get("low") or 0.0) > 0.5


def _lede(metrics: Json, split: str) -> str:
    if delivered(metrics) == PROBE:
        return "No epoch was better on val images, so the delivered model is the probe itself and both rows show the same answers."
    paired = metrics["paired"][split]
    difference = paired["difference"]
    ends = f"{points(difference['low'])} to {points(difference['high'])}"
    ours, theirs = (counted(paired[name], "image") for name in ("finetuned_only", "probe_only"))
    model = "fine-tuned" if delivered(metrics) == FINETUNED else "delivered"
    only = f"{ours} only the {model} model got right, {theirs} only the probe"
    return (
        f"The difference is {points(difference['value'])} percentage points ({ends}); {only}"
        f" ({paired_test(metrics, split)[1]}, {p_value(paired['p_value']).replace(' ', NOBREAK)})."
    )
