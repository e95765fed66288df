"""Decay on a plateau: the rate drops when the validation loss no longer does (as in Krizhevsky et al., NeurIPS 2012, section 5)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from datatools.settings import Settings
from finetune.schedule import warm_up


class Plateau(Settings):
    """The rate is multiplied by a factor whenever some epochs in a row brought no lower validation loss.

    Notes:
        A pure function of the losses so far: two runs with the same curve have the same rates, also after a resume. The factor never
        rises after warm-up.
    """

    method: Literal["plateau"] = Field(
        default="plateau",
        description="The rate drops when the validation loss stops falling: for runs of unknown length.",
    )
    warm_up: float = Field(default=0.1, ge=0.0, lt=1.0, description=warm_up.WHAT_FOR)
    patience: int = Field(
        default=2,
        ge=1,
        description="Epochs without a lower validation loss before a drop; less than finetune.patience.",
    )
    factor: float = Field(
        default=0.3,
        gt=0.0,
        lt=1.0,
        description="What the rate is multiplied by at each drop; .5 if training stops early.",
    )
    floor: float = Field(default=0.01, ge=0.0, le=1.0, description="Share of the rate below which it never drops.")

    def __call__(self, step: int, steps: int, history: Sequence[float] = ()) -> float:
        """Return the factor on the rate at ``step`` in [0, steps).

        Args:
            history: validation losses of the epochs ended so far, that of the first one first.
        """
        end = warm_up.ends(self.warm_up, steps)
        rising = warm_up.rising(step, end) if step < end else 1.0
        return rising * max(self.floor, self.factor ** drops(history, self.patience))


def drops(history: Sequence[float], patience: int) -> int:
    """Return how often ``patience`` losses in a row were not below all before them; after each time the count begins anew."""
    lowest, stale, found = float("inf"), 0, 0
    for loss in history:
        stale = 0 if loss < lowest else stale + 1
        lowest = min(lowest, loss)
        if stale == patience:
            stale, found = 0, found + 1
    return found
