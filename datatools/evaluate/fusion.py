"""What a table adds to images: image alone, table alone and both beside each other, on the same rows."""

from collections.abc import Mapping
from typing import Any

from datatools.evaluate.outcomes import Outcomes
from datatools.evaluate.paired import Comparison, compare
from datatools.evaluate.shares import share

IMAGE, FUSED = "image", "fused"


def beside(sides: Mapping[str, Outcomes], delivered: str, split: str, confidence: float = 0.95) -> dict[str, Any]:
    """Return the accuracy of each side with its interval, and what is delivered compared image by image with the image alone.

    Args:
        sides: what ``image``, ``table`` and ``fused`` got right on the same images.
        delivered: one of the three.
        split: of the images, for the words.

    Returns:
        for JSON; ``adds`` is the accuracy of what is delivered less that of the image alone, ``would_add`` that of both together,
        and ``in_words`` a line for people.
    """
    found: dict[str, Any] = {
        side: {"accuracy": share(of.correct, of.group, confidence).plain()} for side, of in sides.items()
    }
    for name, side in (("adds", delivered), ("would_add", FUSED)):
        found[name] = _plain(compare(sides[side], sides[IMAGE], confidence))
    return {**found, "in_words": in_words(found, delivered, split)}


def in_words(found: Mapping[str, Any], delivered: str, split: str) -> str:
    """Return what :func:`beside` found as a line: what the table adds, in points of accuracy, or that it adds nothing."""
    if delivered == IMAGE:
        return f"the table is left out: the image alone is delivered ({_points(found['would_add'], split)} with both)"
    whose = "the table alone is delivered and" if delivered != FUSED else "the table"
    return f"{whose} adds {_points(found['adds'], split)}"


def _points(compared: Mapping[str, Any], split: str) -> str:
    difference = compared["difference"]
    if difference["value"] is None:
        return f"an unknown number of points: no {split} image has a label"
    value, low, high = (_signed(difference[key]) for key in ("value", "low", "high"))
    return f"{value} points ({low} to {high}) on {split}"


def _signed(share: float) -> str:
    # Not datatools.page.numbers: training imports this file, and must not be due again when a page changes.
    return f"{100 * share:+.1f}".replace("-", "\u2212")


def _plain(found: Comparison) -> dict[str, Any]:
    return {"p_value": found.p_value, "difference": found.difference.plain()}
