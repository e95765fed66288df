"""Cosine decay without restarts (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5)."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from datatools.settings import Settings
from finetune.schedule import warm_up


class Cosine(Settings):
    """The rate falls along half a cosine after warm-up.

    Notes:
        The factor is 1 where warm-up ends, ``floor`` at the last step, and never rises after warm-up.
    """

    method: Literal["cosine"] = Field(default="cosine", description="The rate falls along half a cosine to the floor.")
    warm_up: float = Field(default=0.1, ge=0.0, lt=1.0, description=warm_up.WHAT_FOR)
    floor: float = Field(default=0.01, ge=0.0, le=1.0, description="Share of the rate that is left at the last step.")

    def __call__(self, step: int, steps: int, history: Sequence[float] = ()) -> float:
        """Return the factor on the rate at ``step`` in [0, steps); the history changes nothing."""
        del history
        end = warm_up.ends(self.warm_up, steps)
        if step < end:
            return warm_up.rising(step, end)
        done = (step - end) / max(1, steps - 1 - end)
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * done))
