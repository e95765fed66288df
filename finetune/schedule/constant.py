"""A constant rate after warm-up."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from datatools.settings import Settings
from finetune.schedule import warm_up


class Constant(Settings):
    """The rate stays as it is: for comparisons, and for runs whose length is not known."""

    method: Literal["constant"] = Field(default="constant", description="The rate stays the same after warm-up.")
    warm_up: float = Field(default=0.1, ge=0.0, lt=1.0, description=warm_up.WHAT_FOR)

    def __call__(self, step: int, steps: int, history: Sequence[float] = ()) -> float:
        """Return the factor on the rate at ``step`` in [0, steps); the history changes nothing."""
        del history
        end = warm_up.ends(self.warm_up, steps)
        return warm_up.rising(step, end) if step < end else 1.0
