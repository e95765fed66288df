"""One cycle (Smith and Topin, "Super-convergence", 2019, section 3), with cosines instead of straight lines, as fastai runs it."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class OneCycle(Settings):
    """The rate rises along half a cosine, then falls along another one. The momentum stays as it is.

    Notes:
        The factor is ``1 / div`` at the first step, near 1 where the rise ends, and ``1 / final_div`` at the last step. A run of
        fewer steps than ``1 / rise`` begins on the way down, and a run of one step takes it at the full rate.
    """

    method: Literal["one_cycle"] = Field(
        default="one_cycle",
        description="The rate rises along half a cosine and falls along another: stands a rate 2 to 3 times higher than cosine.",
    )
    rise: float = Field(
        default=0.25,
        gt=0.0,
        lt=1.0,
        description="Share of all steps over which the rate rises; later falls are steeper.",
    )
    div: float = Field(
        default=25.0, ge=1.0, description="The rate begins at its divided by this; raise it if the first loss jumps."
    )
    final_div: float = Field(
        default=1e5, ge=1.0, description="The rate ends at its divided by this; 100 keeps learning to the last step."
    )

    def __call__(self, step: int, steps: int, history: Sequence[float] = ()) -> float:
        """Return the factor on the rate at ``step`` in [0, steps); the history changes nothing."""
        del history
        last = steps - 1
        # torch counts so, too: the peak is a step earlier than the share says, and may lie between two steps.
        peak = max(0.0, self.rise * steps - 1.0)
        if step >= peak:
            return _between(1.0, 1.0 / self.final_div, (step - peak) / (last - peak) if last > peak else 0.0)
        return _between(1.0 / self.div, 1.0, step / peak)


def _between(start: float, end: float, done: float) -> float:
    """Return the point on half a cosine from ``start`` to ``end`` after a share of the way."""
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * done))
