"""Step decay: the rate drops at fixed points (He et al., "Deep residual learning", CVPR 2016, section 4.2: by 10 at 50 % and 75 %)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from datatools.settings import Settings
from finetune.schedule import warm_up

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Step(Settings):
    """The rate is multiplied by a factor at each milestone.

    Notes:
        After warm-up the factor is constant between milestones and never rises. No milestone comes before the second step.
    """

    method: Literal["step"] = Field(
        default="step", description="The rate drops at fixed points; to repeat recipes of the ResNet years."
    )
    warm_up: float = Field(default=0.1, ge=0.0, lt=1.0, description=warm_up.WHAT_FOR)
    milestones: tuple[Share, ...] = Field(
        default=(0.5, 0.75),
        description="Shares of all steps at which the rate drops, rising: [.3, .6, .9] drops 3 times.",
    )
    factor: float = Field(
        default=0.1, gt=0.0, le=1.0, description="What the rate is multiplied by at each drop; .2 to .5 is gentler."
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(first >= second for first, second in pairwise(self.milestones)):
            raise ValueError(f"milestones must rise, got {list(self.milestones)}")
        return self

    def __call__(self, step: int, steps: int, history: Sequence[float] = ()) -> float:
        """Return the factor on the rate at ``step`` in [0, steps); the history changes nothing."""
        del history
        end = warm_up.ends(self.warm_up, steps)
        passed = sum(step >= max(1, round(share * steps)) for share in self.milestones)
        rising = warm_up.rising(step, end) if step < end else 1.0
        return rising * self.factor**passed
