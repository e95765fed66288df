"""The last lines of a run: how good the models are on test images, and where the report is."""

from collections.abc import Mapping
from typing import Any

from datatools.page.numbers import p_value, points

PAGE = "reports/index.html"
FINETUNED, PROBE = "fine-tuned", "the probe"
BESIDE, TABLE = "with the table", "the table alone"


def closing_lines(metrics: Mapping[str, Any], page: str = PAGE) -> str:
    """Return the accuracies with their intervals as text for a terminal.

    Args:
        metrics: what ``evaluate`` left in ``metrics.json``.
        page: where the report lies.
    """
    split = judged_on(metrics)
    if split is None:
        return f"no labelled val or test image: there is no accuracy to report\nreport: {page}"
    n = metrics["finetuned"][split]["accuracy"]["n"]
    scratch = metrics.get("scratch", {}).get(split)
    lines = [f"{split} accuracy on {n:,} images ({metrics['confidence']:.0%} confidence interval)"]
    lines += [
        _line(f"always {metrics['majority']['label']!r}", metrics["majority"][split]["accuracy"]),
        _line("linear probe", metrics["probe"][split]["accuracy"]),
        *([_line("from scratch", scratch["accuracy"])] if scratch else []),
        _line(_named(metrics), metrics["finetuned"][split]["accuracy"]),
        _gain(metrics, split),
    ]
    return "\n".join([*lines, f"report: {page}"])


def judged_on(metrics: Mapping[str, Any]) -> str | None:
    """Return the split that speaks for the models: test, or val where test has no label, or None."""
    return next((name for name in ("test", "val") if "accuracy" in metrics["finetuned"].get(name, {})), None)


def delivered(metrics: Mapping[str, Any]) -> str:
    """Return what gave the answers that are judged as the delivered ones: ``fine-tuned``, ``the probe``, either of them ``with the table``,
    or ``the table alone``.
    """
    image = PROBE if metrics["delivered"] == "probe" else FINETUNED
    joined = metrics.get("fusion", {}).get("delivered", "image")
    return {"image": image, "fused": f"{image} {BESIDE}", "table": TABLE}[joined]


def legend(metrics: Mapping[str, Any]) -> str:
    """Return what a legend calls the answers that are judged as the delivered ones."""
    found = delivered(metrics)
    return found if found == FINETUNED else f"delivered: {found}"


def _named(metrics: Mapping[str, Any]) -> str:
    found = delivered(metrics)
    return FINETUNED if found == PROBE else found.replace(BESIDE, "+ table")  # the column is narrow


def _line(name: str, score: Mapping[str, Any]) -> str:
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    return f"  {shown:<24} {score['value']:6.1%}  ({score['low']:.1%} to {score['high']:.1%})"


def _gain(metrics: Mapping[str, Any], split: str) -> str:
    if delivered(metrics) == PROBE:
        return "  fine-tuning did not beat the probe on val images, so the delivered model is the probe"
    paired = metrics["paired"][split]
    difference = paired["difference"]
    ends = f"{points(difference['low'])} to {points(difference['high'])}"
    tested = f"{paired_test(metrics, split)[0]} {p_value(paired['p_value'])}"
    name = "fine-tuned" if delivered(metrics) == FINETUNED else "delivered"
    return f"  {f'{name} less probe':<24} {points(difference['value'])} points ({ends}), {tested}"


def paired_test(metrics: Mapping[str, Any], split: str) -> tuple[str, str]:
    """Return the short and the whole name of the test behind ``paired``: McNemar's, or what is in its place where images form groups."""
    groups = metrics.get("intervals", {}).get(split, {}).get("resampled") == "groups"
    return (
        ("sign flips by group", "an exact test that flips signs by group")
        if groups
        else ("McNemar", "McNemar’s exact test")
    )
