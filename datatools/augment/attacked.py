"""What the attacks of a policy have in common: their choices, and what is known of an image beside its pixels."""

from dataclasses import dataclass
from typing import Literal

Labels = Literal["true", "predicted"]
Target = Literal["none", "random", "least_likely"]


@dataclass(frozen=True)
class Attacked:
    """What came of an attack on one image.

    Attributes:
        reached: whether it had what it wants before its result was rounded to grey levels.
        target: the class that it stepped towards; None if away from one.
        unchanged: share of the stored values that are the parent's own.
        second_parent: class that a second model predicts for the parent; None where there is no second model.
        second: class that it predicts for the stored image.
    """

    reached: bool
    target: str | None
    unchanged: float
    second_parent: str | None
    second: str | None


def by_chance(random_start: bool, target: Target) -> bool:
    """Return whether two attacks on one image differ."""
    return random_start or target == "random"


def refuse_same(copies: int, varies: bool) -> None:
    """Raise ValueError where a second copy would be the same image."""
    if copies > 1 and not varies:
        raise ValueError(f"copies: {copies} would all be the same image; set random_start to true, or copies to 1")
