"""Partial fine-tuning: the last groups learn, what lies before them is computed once per image."""

from typing import Literal

from pydantic import Field

from datatools.settings import Settings


class Partial(Settings):
    """The groups nearest to the output learn."""

    method: Literal["partial"] = Field(
        default="partial",
        description="The last layer groups learn; the frozen ones run once per image, which makes it fast.",
    )
    last: int = Field(
        default=2,
        ge=1,
        description="How many layer groups learn, counted from the output. More adapt better and need more labels and time.",
    )

    def trained(self, epoch: int, count: int) -> frozenset[int]:
        """Return the last groups, in every epoch; all of them where the network has fewer."""
        del epoch
        return frozenset(range(max(0, count - self.last), count))
