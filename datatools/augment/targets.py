"""Soft labels as two lists: classes in sorted order, and their probabilities."""


def soft(label: str, other: str | None, share: float) -> tuple[list[str], list[float]]:
    """Return the target of an image that is ``share`` of one label and the rest of another.

    Args:
        label: class of the parent.
        other: class of the second image; None where it lends no label.
        share: weight of ``label``, in [0, 1]; 1 where ``other`` is None.

    Returns:
        classes, sorted, each once and with a probability above 0; probabilities, summing to 1.
    """
    weights = {label: 1.0} if other in (None, label) else {label: share, str(other): 1.0 - share}
    kept = sorted((name, weight) for name, weight in weights.items() if weight > 0)
    return [name for name, _ in kept], [weight for _, weight in kept]


def heaviest(classes: list[str], probabilities: list[float], first: str) -> str:
    """Return the class of largest weight; ``first`` where it shares that weight."""
    largest = max(probabilities)
    best = [name for name, weight in zip(classes, probabilities, strict=True) if weight == largest]
    return first if first in best else best[0]
