"""The figures per method."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
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


def in_words(name: str, figures: Mapping[str, Any]) -> str:
    """Return one line on a method: whether the labels survived, and whether the images came nearer to the target domain.

    Args:
        figures: of :func:`summary`, ``repeated`` and ``gap`` where they were measured.
    """
    count = figures["count"]
    parts = [f"{name} {count} image{'s' * (count != 1)}"]
    if "agreement_after" in figures:
        before, after = (f"{figures[when]:.0%}".replace("%", " %") for when in ("agreement_before", "agreement_after"))
        parts.append(f"probe agrees {after} (parents {before})")
    if "gap" in figures:
        distance, mmd = figures["gap"]["a_distance"], figures["gap"]["mmd"]
        moved = f"distance to target {distance['before']:.2f} -> {distance['after']:.2f}"
        parts.append(f"{moved} (MMD {mmd['before']:.3f} -> {mmd['after']:.3f})")
    if figures.get("repeated"):
        parts.append(f"{figures['repeated']} of them repeat another copy of their parent, so lower copies or balance")
    if figures["unchanged"] == count:
        parts.append("none of them differs from its parent, so leave the method out or raise its strength")
    return "; ".join(parts)


def attack_summary(images: Sequence[Made]) -> dict[str, Any]:
    """Return the figures of one attack's images.

    ``surrogate`` is the SHA-256 of the model attacked, ``labels`` whose class it stepped away from, ``largest_change`` and
    ``unchanged_values`` are measured on the stored files. Success counts among the ``right_before`` images that the probe had right:
    any other answer, or, with a target, the target; ``success_before_storing`` is that of the attack's own floats. The ``second`` figures
    are the same for a second model and the images that it had right. Without any such image there is no rate.

    ``label_leaking`` says that a model recognises the attacked images better than their parents, although the attack stepped away from
    the true class: the pattern gives the class away (Kurakin, Goodfellow and Bengio, "Adversarial machine learning at scale", ICLR 2017).
    """
    settings = json.loads(images[0].recipe.settings)
    attacks = [image.attack for image in images if image.attack]
    return {
        "surrogate": settings.get("probe", ""),
        "epsilon": settings.get("epsilon"),
        "labels": settings.get("labels"),
        "target": settings.get("target"),
        "largest_change": max((image.largest_change or 0 for image in images), default=0),
        "unchanged_values": sum(attack.unchanged for attack in attacks) / len(attacks) if attacks else 0.0,
        **_success(images),
        **_transfer(images),
        "label_leaking": (settings.get("labels"), settings.get("target")) == ("true", "none") and _leaking(images),
    }


def _success(images: Sequence[Made]) -> dict[str, Any]:
    right = [image for image in images if _right_before(image)]
    if not right:
        return {"right_before": 0}
    reached = [image.attack is not None and image.attack.reached for image in right]
    kept = [_misled(image, image.predicted) for image in right]
    return {
        "right_before": len(right),
        "success_rate": sum(kept) / len(right),
        "success_before_storing": sum(reached) / len(right),
        "lost_by_storing": sum(one and not two for one, two in zip(reached, kept, strict=True)),
    }


def _transfer(images: Sequence[Made]) -> dict[str, Any]:
    right = [image for image in images if image.attack and image.attack.second_parent == image.recipe.parent.label]
    if not right:
        return {"second_right_before": 0}
    misled = sum(image.attack is not None and _misled(image, image.attack.second) for image in right)
    return {"second_right_before": len(right), "second_success_rate": misled / len(right)}


def _misled(image: Made, answer: str | None) -> bool:
    target = image.attack.target if image.attack else None
    return answer == target if target else answer != image.recipe.parent.label


def _leaking(images: Sequence[Made]) -> bool:
    """Return whether one of the models gains more right answers from the attack than it loses, beyond two standard deviations."""
    first = [_turned(image, image.predicted_parent, image.predicted) for image in images]
    second = [_turned(image, image.attack.second_parent, image.attack.second) for image in images if image.attack]
    return any(sum(turns) > 2 * math.sqrt(sum(map(abs, turns))) for turns in (first, second))


def _turned(image: Made, before: str | None, after: str | None) -> int:
    """Return 1 if the attack made an answer right, -1 if wrong, 0 if neither."""
    return (after == image.recipe.parent.label) - (before == image.recipe.parent.label)


def _right_before(image: Made) -> bool:
    return image.predicted_parent == image.recipe.parent.label


def _right_after(image: Made) -> bool:
    return image.predicted == image.label


def _share(images: Sequence[Made], test: Callable[[Made], bool]) -> float:
    return sum(test(image) for image in images) / len(images)
