"""Full fine-tuning: everything learns from the first step."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class Full(Settings):
    """Every group learns."""

    method: Literal["full"] = Field(
        default="full",
        description="All layers learn: the slowest. For many labels, or images unlike those of the pretraining.",
    )

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return all groups, in every epoch."""
        del epoch
        return frozenset(range(count))
