"""The figures per method."""

from collections.abc import Callable, Sequence
from typing import Any

from datatools.augment.lineage import Made


def summary(images: Sequence[Made]) -> dict[str, Any]:
    """Return the figures of one method's images: how many, how large, how much changed, and whether the probe still sees the label.

    ``agreement_before`` and ``agreement_after`` are the shares of the checked images whose parent, and which themselves, the probe
    gives their label; a figure that needs an image is left out where there is none.
    """
    changed = [image.mean_change for image in images if image.mean_change is not None]
    asked = [image for image in images if image.predicted is not None]
    figures: dict[str, Any] = {
        "count": len(images),
        "megabytes": round(sum(image.bytes for image in images) / 1e6, 3),
        "unchanged": sum(image.largest_change == 0 for image in images),
        "checked": len(asked),
    }
    if changed:
        figures["mean_change"] = sum(changed) / len(changed)
    if asked:
        figures["agreement_before"] = _share(asked, _right_before)
        figures["agreement_after"] = _share(asked, _right_after)
    return figures


def attack_summary(images: Sequence[Made]) -> dict[str, Any]:
    """Return the figures of an attack: the largest change as stored, and its success on the images that the probe had right.

    Images that the probe had wrong from the start are no success; without any that it had right there is no rate.
    """
    right = [image for image in images if _right_before(image)]
    figures: dict[str, Any] = {
        "largest_change": max((image.largest_change or 0 for image in images), default=0),
        "right_before": len(right),
    }
    if right:
        figures["success_rate"] = 1.0 - _share(right, _right_after)
    return figures


def _right_before(image: Made) -> bool:
    return image.predicted_parent == image.recipe.parent.label


def _right_after(image: Made) -> bool:
    return image.predicted == image.label


def _share(images: Sequence[Made], test: Callable[[Made], bool]) -> float:
    return sum(test(image) for image in images) / len(images)
